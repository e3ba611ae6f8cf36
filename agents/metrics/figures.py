"""What one scrape shows: numbers gathered under names of the catalogue, then given the form of prometheus-client."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry

from agents.metrics.catalogue import BY_NAME, METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from prometheus_client import Metric as Family

    from agents.metrics.catalogue import Metric

Labels = tuple[str, ...]


class Histogram:
    """Observations by upper bound. Written by one thread, read by any."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float, times: int = 1) -> None:
        """Note `value`, `times` over."""
        self._counts[bisect_left(self._bounds, value)] += times
        self.sum += value * times

    @property
    def count(self) -> int:
        """How many observations."""
        return sum(self._counts)

    def cumulative(self) -> list[tuple[str, float]]:
        """Upper bound and how many observations are no larger, as the exposition has them."""
        names = [*(f"{float(bound):g}" for bound in self._bounds), "+Inf"]
        return list(zip(names, map(float, accumulate(self._counts)), strict=True))


class Figures:
    """The numbers of one scrape. Series of the same name and labels add up: several lanes may fill the same one."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[Labels, float]] = {}
        self._histograms: dict[str, dict[Labels, Histogram]] = {}

    def add(self, name: str, labels: Labels, value: float) -> None:
        """Add `value` to a counter or a gauge. Raises `KeyError` for a name that is not in the catalogue."""
        series = self._numbers.setdefault(BY_NAME[name].name, {})
        series[labels] = series.get(labels, 0) + value

    def add_least(self, name: str, labels: Labels, value: float) -> None:
        """The same for a gauge that shows the least of its values."""
        series = self._numbers.setdefault(BY_NAME[name].name, {})
        series[labels] = min(series.get(labels, value), value)

    def put(self, name: str, labels: Labels, histogram: Histogram) -> None:
        """Show a histogram."""
        self._histograms.setdefault(BY_NAME[name].name, {})[labels] = histogram

    def families(self) -> Iterator[Family]:
        """Every metric that has a number, in the order of the catalogue, series in the order of their labels."""
        for metric in METRICS:
            if metric.kind == "histogram":
                yield from _histogram(metric, self._histograms.get(metric.name, {}))
            else:
                yield from _numbers(metric, self._numbers.get(metric.name, {}))


def _numbers(metric: Metric, series: dict[Labels, float]) -> Iterator[Family]:
    if series:
        make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
        family = make(metric.name.removesuffix("_total"), metric.says, labels=metric.labels)
        for labels in sorted(series):
            family.add_metric(labels, series[labels])
        yield family


def _histogram(metric: Metric, series: dict[Labels, Histogram]) -> Iterator[Family]:
    if series:
        family = HistogramMetricFamily(metric.name, metric.says, labels=metric.labels)
        for labels in sorted(series):
            family.add_metric(labels, series[labels].cumulative(), series[labels].sum)
        yield family


Source = "Callable[[Figures], None]"


class Scrape(Collector):
    """Asks its sources at the moment of the scrape: the hot path keeps what it needs anyway, and nothing for us."""

    def __init__(self, sources: Iterable[Callable[[Figures], None]]) -> None:
        self._sources = list(sources)

    def describe(self) -> Iterable[Family]:
        """Nothing: the registry would otherwise scrape to learn the names."""
        return ()

    def collect(self) -> Iterator[Family]:
        """The numbers of now."""
        figures = Figures()
        for source in self._sources:
            source(figures)
        return figures.families()


def registry_of(sources: Iterable[Callable[[Figures], None]]) -> CollectorRegistry:
    """A registry of its own, not the global one: two engines in one process do not meet."""
    registry = CollectorRegistry()
    registry.register(Scrape(sources))
    return registry
