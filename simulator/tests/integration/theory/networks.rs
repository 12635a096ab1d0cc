//! Networks of stations.

/// Response time of the machine repairman model M/M/1//N, by exact mean value analysis (Reiser and Lavenberg 1980).
pub(crate) fn repairman_response(users: u32, think: f64, mean: f64) -> f64 {
    let (throughput, _) = exact_mva(users, think, &[mean]);
    f64::from(users) / throughput - think
}

/// Throughput and queue lengths of a closed network of single queueing stations with product form, by exact mean
/// value analysis (Reiser and Lavenberg 1980, *J. ACM* 27(2)).
pub(crate) fn exact_mva(users: u32, think: f64, demands: &[f64]) -> (f64, Vec<f64>) {
    let mut queues = vec![0.0; demands.len()];
    let mut throughput = 0.0;
    for n in 1..=users {
        let residence: Vec<f64> =
            demands.iter().zip(&queues).map(|(demand, queue)| demand * (1.0 + queue)).collect();
        throughput = f64::from(n) / (think + residence.iter().sum::<f64>());
        queues = residence.iter().map(|residence| throughput * residence).collect();
    }
    (throughput, queues)
}

/// Throughputs of two closed classes on single queueing stations with product form, by the same recursion over all
/// populations: the queue that a class meets is that with one of its own customers less.
pub(crate) fn exact_mva_of_two(users: [u32; 2], think: [f64; 2], demands: [&[f64]; 2]) -> [f64; 2] {
    let stations = demands[0].len();
    let mut queues = vec![vec![vec![0.0; stations]; users[1] as usize + 1]; users[0] as usize + 1];
    let mut throughputs = [0.0; 2];
    for first in 0..=users[0] as usize {
        for second in 0..=users[1] as usize {
            let mut here = vec![0.0; stations];
            for class in 0..2 {
                let present = [first, second];
                if present[class] == 0 {
                    continue;
                }
                let met = if class == 0 { &queues[first - 1][second] } else { &queues[first][second - 1] };
                let residence: Vec<f64> =
                    demands[class].iter().zip(met).map(|(demand, queue)| demand * (1.0 + queue)).collect();
                throughputs[class] = present[class] as f64 / (think[class] + residence.iter().sum::<f64>());
                for (queue, residence) in here.iter_mut().zip(residence) {
                    *queue += throughputs[class] * residence;
                }
            }
            queues[first][second] = here;
        }
    }
    throughputs
}

/// Response times of a closed and an open class on single processor-sharing stations (Lavenberg 1983, *Computer
/// Performance Modeling Handbook*): the closed class sees demands D/(1-ρ), with ρ the open load, and the open
/// class takes Σ D(1+Q)/(1-ρ), with Q the queue of the closed one.
pub(crate) fn mixed_responses(users: u32, think: f64, closed: &[f64], rate: f64, open: &[f64]) -> (f64, f64) {
    let left: Vec<f64> = open.iter().map(|demand| 1.0 - rate * demand).collect();
    let inflated: Vec<f64> = closed.iter().zip(&left).map(|(demand, left)| demand / left).collect();
    let (throughput, queues) = exact_mva(users, think, &inflated);
    let stations = open.iter().zip(&queues).zip(&left);
    let response = stations.map(|((demand, queue), left)| demand * (1.0 + queue) / left).sum();
    (f64::from(users) / throughput - think, response)
}

/// Response time of a fork into two equal M/M/1 and their join (Flatto and Hahn 1984; Nelson and Tantawi 1988):
/// (12-ρ)/8 times that of one of them.
pub(crate) fn fork_join_response(rate: f64, mean: f64) -> f64 {
    (12.0 - rate * mean) / 8.0 * mean / (1.0 - rate * mean)
}
