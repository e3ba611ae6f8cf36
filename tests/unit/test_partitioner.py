"""Keys go where Kafka's clients would put them."""

from __future__ import annotations

import pytest

from agents.partitioner import murmur2, partition_of

# Kafka, clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java, testMurmur2
PUBLISHED = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "signed"), PUBLISHED.items())
def test_the_hash_is_that_of_kafka(key, signed):
    assert signed % 2**32 == murmur2(key)


def test_the_partition_is_the_hash_without_its_sign_modulo_the_partitions():
    assert (-790332482 & 0x7FFFFFFF) % 12 == partition_of("foobar", 12)


def test_keys_are_hashed_as_utf_8():
    assert (murmur2("Ü".encode()) & 0x7FFFFFFF) % 7 == partition_of("Ü", 7)
