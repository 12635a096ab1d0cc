//! The search: cheapest first, with as little simulation as is right.

use rayon::prelude::*;
use tracecast_model::{EngineOptions, MetricPath, PredictError, Prediction, RunControl, Status, System};
use tracecast_solver::Start;

use super::grid::Grid;
use super::judgment::factor_beyond;
use super::{
    Candidate, Ending, Evaluated, Judge, Judgment, Listener, Outcome, Plan, PlanError, Request, Vary, limits,
};
use crate::{EngineChoice, Slo, engines};

/// Settings that are screened at a time, in parallel. The answer does not depend on it.
const CHUNK: usize = 64;
/// Failing settings that are told beside the neighbors of the answer.
const TOLD: usize = 5;
/// A simulation begins at so many times the asked precision, and takes each of these while it is undecided.
const COARSENESS: [f64; 3] = [4.0, 2.0, 1.0];
/// The coarsest precision that tells anything.
const COARSEST: f64 = 0.2;

/// Settings that have been looked at.
struct Looked {
    candidate: Candidate,
    /// What the analytic engine says, for objectives that it has figures for.
    analytic: Vec<Option<f64>>,
    /// By what factor its worst figure is beyond a limit; infinite where it takes them to be saturated.
    beyond: f64,
}

pub(super) struct Search<'a> {
    request: &'a Request<'a>,
    grid: &'a Grid<'a>,
    control: &'a RunControl<'a>,
    done: Listener<'a>,
    /// Figures that simulations have to know precisely.
    precise: Vec<MetricPath>,
    start: Option<Start>,
    /// By place in the order of cost; those not looked at yet are not there.
    looked: Vec<Looked>,
    simulations: usize,
    /// A factor: settings beyond a limit by more are not simulated.
    margin: f64,
    /// The largest ratio of the figures of both engines.
    difference: f64,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        request: &'a Request<'a>,
        grid: &'a Grid<'a>,
        control: &'a RunControl<'a>,
        done: Listener<'a>,
    ) -> Result<Self, PlanError> {
        // Shares may be 0, and then no interval is a small part of them.
        let is_precise = |path: &&MetricPath| !path.is_share() && path.check(request.base).is_ok();
        let precise = request.slos.iter().map(Slo::metric).filter(is_precise).cloned().collect::<Vec<_>>();
        let mut search = Self {
            request,
            grid,
            control,
            done,
            precise,
            start: None,
            looked: Vec::new(),
            simulations: 0,
            margin: 1.0 + request.effort.margin,
            difference: 1.0,
        };
        // All begin at the solution of the dearest, which is the least likely to have none.
        if let Some(&(dearest, _)) = grid.order.last() {
            let system = grid.system(dearest)?;
            search.start = engines::start(&system, request.engine, request.options, control);
        }
        Ok(search)
    }

    pub(super) fn run(mut self) -> Result<Plan, PlanError> {
        let mut answer = None;
        while answer.is_none() && !self.is_exhausted() {
            answer = self.next_chunk()?;
        }
        // Each round simulates one more, so this ends.
        let most = self.simulations + self.request.effort.simulations;
        let mut is_checked = true;
        while let Some(place) = self.next_check(answer) {
            if self.simulations >= most || self.is_stopped() {
                is_checked = false;
                break;
            }
            self.simulate(place)?;
            let is_cheaper = answer.is_none_or(|answer| place < answer);
            if is_cheaper && self.looked[place].candidate.outcome == Outcome::Met {
                answer = Some(place);
            }
        }
        Ok(self.plan(answer, is_checked))
    }

    /// Is there nothing more to look at, or may nothing more be looked at?
    fn is_exhausted(&self) -> bool {
        let effort = &self.request.effort;
        self.looked.len() >= self.grid.order.len().min(effort.settings)
            || self.simulations >= effort.simulations
            || self.is_stopped()
    }

    fn is_stopped(&self) -> bool {
        self.control.is_cancelled() || self.control.is_time_over()
    }

    /// Looks at the next settings, up to the first that meets the objectives: its place.
    fn next_chunk(&mut self) -> Result<Option<usize>, PlanError> {
        let from = self.looked.len();
        let to = (from + CHUNK).min(self.grid.order.len()).min(self.request.effort.settings);
        let places: Vec<usize> = (from..to).collect();
        let screened: Vec<_> = places.par_iter().map(|&place| self.screen(place)).collect();
        for (place, screened) in places.into_iter().zip(screened) {
            self.looked.push(screened?);
            (self.done)(1);
            let looked = &self.looked[place];
            let is_open = self.request.engine != EngineChoice::Analytic
                && looked.candidate.judge != Judge::Capacity
                && looked.beyond <= self.margin;
            if is_open {
                if self.simulations >= self.request.effort.simulations {
                    self.looked.pop();
                    return Ok(None);
                }
                self.simulate(place)?;
            }
            if self.looked[place].candidate.outcome == Outcome::Met {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// What is known without simulating.
    fn screen(&self, place: usize) -> Result<Looked, PlanError> {
        let system = self.system(place)?;
        let none = vec![None; self.request.slos.len()];
        if let Some(overloaded) = limits::overloaded(&system) {
            let candidate = Candidate {
                overloaded: Some(overloaded),
                ..self.candidate(place, Judge::Capacity, Outcome::Missed, Vec::new())
            };
            return Ok(Looked { candidate, analytic: none, beyond: f64::INFINITY });
        }
        let open = |search: &Self| Looked {
            candidate: search.candidate(place, Judge::Simulation, Outcome::Undecided, Vec::new()),
            analytic: vec![None; search.request.slos.len()],
            beyond: 0.0,
        };
        if self.request.engine == EngineChoice::Simulation {
            return Ok(open(self));
        }
        let (engine, options) = (EngineChoice::Analytic, self.request.options);
        let prediction =
            match engines::predict_from(self.start.as_ref(), &system, engine, options, self.control) {
                Ok(prediction) => prediction,
                Err(PredictError::Unsupported { .. }) if self.request.engine == EngineChoice::Auto => {
                    return Ok(open(self));
                }
                Err(error) => return Err(self.refused(place, error)),
            };
        if self.request.engine == EngineChoice::Analytic {
            let candidate = self.judged(place, Judge::Analytic, &prediction)?;
            return Ok(Looked { candidate, analytic: none, beyond: 0.0 });
        }
        self.screened(place, &prediction)
    }

    /// With the analytic engine's figures, as far as it has them: percentiles of a burst it has not.
    fn screened(&self, place: usize, prediction: &Prediction) -> Result<Looked, PlanError> {
        let is_saturated = prediction.status == Status::Saturated;
        let is_solved = matches!(prediction.status, Status::Converged | Status::ConvergedLoosely);
        let figure =
            |slo: &Slo| slo.metric().of(prediction).ok().filter(|_| is_solved).map(|metric| metric.mean);
        let analytic: Vec<Option<f64>> = self.request.slos.iter().map(figure).collect();
        let factor = |(slo, figure): (&Slo, &Option<f64>)| factor_beyond(slo, (*figure)?);
        let worst = self.request.slos.iter().zip(&analytic).filter_map(factor).fold(0.0, f64::max);
        let objectives = self.request.slos.iter().filter_map(|slo| Judgment::of(slo, prediction).ok());
        let candidate = self.candidate(place, Judge::Analytic, Outcome::Missed, objectives.collect());
        let overloaded = is_saturated
            .then(|| prediction.warnings.first().map(|warning| warning.message.clone()))
            .flatten();
        let beyond = if is_saturated { f64::INFINITY } else { worst };
        Ok(Looked { candidate: Candidate { overloaded, ..candidate }, analytic, beyond })
    }

    /// Simulates settings, the finer the less is decided, and holds the figures against those of the analytic engine.
    fn simulate(&mut self, place: usize) -> Result<(), PlanError> {
        self.simulations += 1;
        let system = self.system(place)?;
        let asked = self.request.options;
        let looks: &[f64] =
            if asked.replications.is_some() || asked.until.is_some() { &[1.0] } else { &COARSENESS };
        for &coarseness in looks {
            let options = EngineOptions {
                precision: (asked.precision * coarseness).min(asked.precision.max(COARSEST)),
                precise: if asked.precise.is_empty() { self.precise.clone() } else { asked.precise.clone() },
                ..asked.clone()
            };
            let prediction =
                engines::predict_from(None, &system, EngineChoice::Simulation, &options, self.control)
                    .map_err(|error| self.refused(place, error))?;
            let mut candidate = self.judged(place, Judge::Simulation, &prediction)?;
            self.compare(place, &candidate);
            // A promise is made of the finest look alone, so that many coarse ones do not find one by chance.
            let is_last = coarseness == 1.0;
            if candidate.outcome == Outcome::Met && !is_last {
                candidate.outcome = Outcome::Undecided;
            }
            let is_decided = is_last || candidate.outcome == Outcome::Missed;
            self.looked[place].candidate = candidate;
            if is_decided || self.is_stopped() {
                break;
            }
        }
        Ok(())
    }

    /// How far apart both engines are, beyond what the interval explains.
    fn compare(&mut self, place: usize, simulated: &Candidate) {
        let looked = &self.looked[place];
        if looked.candidate.overloaded.is_some() && simulated.overloaded.is_none() {
            self.difference = f64::INFINITY;
        }
        for (judgment, analytic) in simulated.objectives.iter().zip(&looked.analytic) {
            let (Some(value), Some(analytic)) = (judgment.value, *analytic) else { continue };
            let nearest = analytic.clamp(value.low(), value.high());
            if nearest > 0.0 && analytic > 0.0 {
                self.difference = self.difference.max(nearest / analytic).max(analytic / nearest);
            }
        }
    }

    /// The next settings that an approximation has passed over too lightly, if there are any.
    fn next_check(&mut self, answer: Option<usize>) -> Option<usize> {
        // Twice the largest difference, as factors.
        self.margin = self.margin.max(self.difference * self.difference);
        let end = answer.unwrap_or(self.looked.len());
        let passed = |place: usize| {
            let looked = &self.looked[place];
            self.request.engine == EngineChoice::Auto && looked.candidate.judge == Judge::Analytic
        };
        if let Some(place) = (0..end).find(|&place| passed(place) && self.looked[place].beyond <= self.margin)
        {
            return Some(place);
        }
        if let Some(answer) = answer {
            return self.grid.cheaper_neighbors(answer).into_iter().find(|&place| passed(place));
        }
        // Where nothing was simulated, at least the best is.
        let best = |&a: &usize, &b: &usize| self.looked[a].beyond.total_cmp(&self.looked[b].beyond);
        (self.simulations == 0).then(|| (0..end).filter(|&place| passed(place)).min_by(best)).flatten()
    }

    fn system(&self, place: usize) -> Result<System, PlanError> {
        Ok(self.grid.system(self.grid.order[place].0)?)
    }

    fn refused(&self, place: usize, error: PredictError) -> PlanError {
        let values = self.grid.values(self.grid.order[place].0);
        let settings = values.iter().map(|(path, value)| format!("{path}={value}")).collect::<Vec<_>>();
        PlanError::Predict { settings: settings.join(", "), error }
    }

    fn candidate(
        &self,
        place: usize,
        judge: Judge,
        outcome: Outcome,
        objectives: Vec<Judgment>,
    ) -> Candidate {
        let (number, cost) = self.grid.order[place];
        let settings = self.grid.settings(number);
        Candidate { settings, cost, judge, outcome, objectives, overloaded: None }
    }

    /// The worst objective decides.
    fn judged(&self, place: usize, judge: Judge, prediction: &Prediction) -> Result<Candidate, PlanError> {
        let judged = self.request.slos.iter().map(|slo| Judgment::of(slo, prediction));
        let objectives = judged.collect::<Result<Vec<_>, _>>()?;
        let outcome = objectives.iter().map(|judgment| judgment.outcome).max().unwrap_or(Outcome::Undecided);
        let overloaded = (prediction.status == Status::Saturated)
            .then(|| prediction.warnings.first().map(|warning| warning.message.clone()))
            .flatten();
        Ok(Candidate { overloaded, ..self.candidate(place, judge, outcome, objectives) })
    }

    fn plan(self, answer: Option<usize>, is_checked: bool) -> Plan {
        let end = answer.unwrap_or(self.looked.len());
        let cheaper = &self.looked[..end];
        let undecided: Vec<usize> =
            (0..end).filter(|&place| cheaper[place].candidate.outcome == Outcome::Undecided).collect();
        let ending = match answer {
            Some(_) => Ending::Found,
            None if self.looked.len() < self.grid.order.len() => Ending::Effort,
            None if !undecided.is_empty() => Ending::Undecided,
            None => Ending::NothingMeets,
        };
        let count =
            |judge: Judge| self.looked.iter().filter(|looked| looked.candidate.judge == judge).count();
        let evaluated = Evaluated {
            combinations: self.grid.order.len(),
            by_capacity: count(Judge::Capacity),
            by_analytic: count(Judge::Analytic),
            by_simulation: count(Judge::Simulation),
            not_looked_at: self.grid.order.len() - self.looked.len(),
        };
        let free = |path: &&str| !self.request.cost.names(path);
        let passed_over = self.request.engine == EngineChoice::Auto && evaluated.by_analytic > 0;
        let failing = self.failing(answer, end);
        let candidate = |place: usize| self.looked[place].candidate.clone();
        Plan {
            ending,
            cost: self.request.cost.to_string(),
            without_cost: self.request.varied.iter().map(Vary::path).filter(free).map(Into::into).collect(),
            answer: answer.map(candidate),
            failing: failing.into_iter().map(candidate).collect(),
            undecided: undecided.into_iter().map(candidate).collect(),
            evaluated,
            is_checked,
            margin: passed_over.then_some(self.margin - 1.0).filter(|margin| margin.is_finite()),
            largest_difference: Some(self.difference - 1.0)
                .filter(|&difference| difference.is_finite() && difference > 0.0),
        }
    }

    fn failing(&self, answer: Option<usize>, end: usize) -> Vec<usize> {
        let fails = |place: &usize| self.looked[*place].candidate.outcome == Outcome::Missed;
        let Some(answer) = answer else {
            let worst = |place: usize| {
                let objectives = &self.looked[place].candidate.objectives;
                let beyond = objectives.iter().map(|judgment| judgment.beyond.unwrap_or(f64::INFINITY));
                // Overloaded settings have no figures.
                beyond.reduce(f64::max).unwrap_or(f64::INFINITY)
            };
            let mut best: Vec<usize> = (0..end).filter(fails).collect();
            best.sort_by(|&a, &b| worst(a).total_cmp(&worst(b)));
            best.truncate(TOLD);
            return best;
        };
        let mut told: Vec<usize> = self.grid.cheaper_neighbors(answer).into_iter().filter(fails).collect();
        let others: Vec<usize> =
            (0..end).rev().filter(fails).filter(|place| !told.contains(place)).take(TOLD).collect();
        told.extend(others);
        told.sort_unstable_by(|a, b| b.cmp(a));
        told
    }
}
