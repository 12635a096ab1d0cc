//! Many tests at once.

/// Adjusted probabilities: those below a level are significant with no more than that probability of any error among all
/// (Holm 1979, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6).
pub(in super::super) fn holm(probabilities: &[f64]) -> Vec<f64> {
    let count = probabilities.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    let mut adjusted = vec![1.0; count];
    let mut least = 0.0f64;
    for (rank, place) in order.into_iter().enumerate() {
        least = least.max(probabilities[place] * (count - rank) as f64).min(1.0);
        adjusted[place] = least;
    }
    adjusted
}
