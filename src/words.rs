//! Small pure functions on words: the nearest known word to a typo.

/// Gives the known word nearest to a typo, when it is near at all.
pub fn nearest<'a>(typo: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = (typo.chars().count() / 2).max(2);
    known
        .iter()
        .map(|word| (distance(typo, word), *word))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, word)| word)
}

/// Counts the edits between two words (Levenshtein), by characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_or_nothing() {
        let known = ["start", "status", "switch", "commit"];
        for (typo, expected) in
            [("stat", Some("start")), ("comit", Some("commit")), ("статус", None), ("zzzzzzzz", None)]
        {
            assert_eq!(nearest(typo, &known), expected, "{typo}");
        }
    }
}
