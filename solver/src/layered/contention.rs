//! Waiting at every station.

use super::absence::Absence;
use super::met::Met;
use super::network::Network;
use super::solve::State;
use super::waiting::Waiting;
use super::{circulation, own};

/// Recomputes how long customers of each group wait at each station: what they find there of the others ([`Met`]), and
/// of their own group ([`circulation`]). Pools come before their callers, who need to know how fast they are; how many of
/// their threads are busy at a time follows from how many of their callers' are, so for that they come behind.
pub(crate) fn update(network: &Network<'_>, state: &mut State) {
    state.causes.update(network, &state.flow);
    own::update(network, state);
    state.absence = Absence::of(network, state);
    let met: Vec<Met> = (0..network.visits.len()).map(|v| Met::others(network, state, v)).collect();
    let mut answers = vec![Waiting::default(); network.visits.len()];
    for &group in &network.group_order {
        circulation::update(network, state, group, &met, &mut answers);
    }
    circulation::update_threads(network, state, &mut answers);
    let ahead: Vec<f64> = network
        .stations
        .iter()
        .map(|station| look_ahead(network, state, &station.visits, &answers))
        .collect();
    for (v, answer) in answers.iter().enumerate() {
        let visit = network.visits[v];
        if state.flow.rate[v] > 0.0 {
            let open = state.open_part(visit.group);
            state.delay[v] = (answer.delay + open * ahead[visit.station]).max(0.0);
            state.own_delay[v] = answer.own.min(state.delay[v]);
            state.full[v] = answer.full;
        }
    }
    for (k, station) in network.stations.iter().enumerate() {
        let rate: f64 = station.visits.iter().map(|&v| state.flow.rate[v]).sum();
        let full: f64 = station.visits.iter().map(|&v| state.flow.rate[v] * answers[v].full).sum();
        state.all_busy[k] = if rate > 0.0 { full / rate } else { 0.0 };
    }
}

/// The delays at a station of those who come whatever the delay is: all grow together, W = A + BW with their load B.
/// Instead of iterating that, which takes ever longer as B approaches 1, the change so far is extrapolated to all
/// that it brings about (Newton's method for their common part). The fixed point stays where it is.
fn look_ahead(network: &Network<'_>, state: &State, visits: &[usize], answers: &[Waiting]) -> f64 {
    let (mut load, mut change) = (0.0, 0.0);
    for &v in visits.iter().filter(|&&v| state.flow.rate[v] > 0.0) {
        let open = state.open_part(network.visits[v].group);
        let part = open * answers[v].growth;
        load += part;
        change += part * (answers[v].delay - state.delay[v]);
    }
    change / (1.0 - load.min(0.95))
}
