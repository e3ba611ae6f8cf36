"""Feedback: what payers answered to released claims, line by line, as evidence about patterns."""

from streams.feedback.processor import Feedback

__all__ = ["Feedback"]
