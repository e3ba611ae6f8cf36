"""Back-tests, the pure part: a history of facts judged with and without some edits, beside what payers answered."""
