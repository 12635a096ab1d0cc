//! Transforms of courses at one point.

use num_complex::Complex64;

use super::course::{Activity, Call, Courses, Duration, Next, Part, Reply, Requests, Wait};
use super::place::{Place, States, Taken};

pub(super) const ONE: Complex64 = Complex64::new(1.0, 0.0);

/// E[exp(-sX)] of the response times of a group's requests. `replies` is a scratch list.
pub(super) fn transform(
    courses: &Courses,
    requests: &Requests,
    replies: &mut Vec<Complex64>,
    s: Complex64,
) -> Complex64 {
    replies.resize(courses.steps.len(), ONE);
    for &instance in &requests.order {
        let times = Point { s, replies }.sequence(&courses.steps[instance]);
        replies[instance] = times.reply.unwrap_or(times.total);
    }
    let point = Point { s, replies };
    requests.targets.iter().map(|target| target.probability * point.response(target)).sum()
}

/// A point, with the replies that are known there by instance.
struct Point<'a> {
    s: Complex64,
    replies: &'a [Complex64],
}

/// Of steps: until their end, and until the reply where they give it.
#[derive(Clone, Copy)]
struct Times {
    total: Complex64,
    reply: Option<Complex64>,
}

impl Point<'_> {
    fn duration(&self, duration: &Duration) -> Complex64 {
        duration.0.as_ref().map_or(ONE, |fit| fit.transform(self.s))
    }

    /// Of those who wait.
    fn wait(&self, wait: Wait) -> Complex64 {
        1.0 / (1.0 + self.s * wait.mean)
    }

    /// Of all.
    fn waiting(&self, wait: Wait) -> Complex64 {
        let Wait { probability, .. } = wait;
        if probability > 0.0 { 1.0 - probability + probability * self.wait(wait) } else { ONE }
    }

    fn sequence(&self, steps: &[Part]) -> Times {
        let start = Times { total: ONE, reply: None };
        steps.iter().fold(start, |before, part| {
            let next = self.part(part);
            Times {
                total: before.total * next.total,
                reply: before.reply.or(next.reply.map(|reply| before.total * reply)),
            }
        })
    }

    fn part(&self, part: &Part) -> Times {
        let simple = |total: Complex64| Times { total, reply: None };
        match part {
            Part::Activity(activity) => simple(self.activity(activity)),
            Part::Fork(end, branches) => {
                let reply = branches.iter().find_map(|branch| self.sequence(branch).reply);
                Times { total: self.duration(end), reply }
            }
            Part::Choice(branches) => {
                let times: Vec<(f64, Times)> =
                    branches.iter().map(|(p, branch)| (*p, self.sequence(branch))).collect();
                let replies = times.iter().all(|(_, times)| times.reply.is_some());
                let reply = || times.iter().filter_map(|(p, times)| Some(*p * times.reply?)).sum();
                Times {
                    total: times.iter().map(|(p, times)| *p * times.total).sum(),
                    reply: replies.then(reply),
                }
            }
            Part::Loop(mean, variance, steps) => {
                simple(repeated(self.sequence(steps).total, *mean, *variance))
            }
            Part::Reply(onwards) => Times { total: ONE, reply: Some(self.passed_on(onwards)) },
        }
    }

    fn activity(&self, activity: &Activity) -> Complex64 {
        let slice = self.waiting(activity.wait) * self.duration(&activity.slice);
        let first = self.duration(&activity.delay) * slice;
        match activity.random {
            Some(count) if count > 0.0 => {
                let mut states = States::START;
                for place in &activity.places {
                    let start = Complex64::ZERO;
                    states.add(
                        &self.calls(place, start, |sum, call, once| sum + call.mean * once),
                        place.is_apart,
                    );
                }
                first * states.mean(|calls| 1.0 / (1.0 + count - calls * slice))
            }
            Some(_) => first,
            None => activity.places.iter().fold(first, |product, place| {
                let calls = self.calls(place, ONE, |product, call, once| {
                    product * repeated(once * slice, call.mean, call.count_variance)
                });
                product * calls.mean()
            }),
        }
    }

    /// The calls to a place, put together by `add`.
    fn calls(
        &self,
        place: &Place,
        start: Complex64,
        add: impl Fn(Complex64, &Call, Complex64) -> Complex64,
    ) -> Taken {
        let Wait { probability, .. } = place.wait;
        let wait = if probability > 0.0 { self.wait(place.wait) } else { ONE };
        let mut taken = Taken { probability, free: start, taken: start };
        for call in &place.calls {
            let once = self.duration(&call.latency) * self.reply(&call.reply);
            taken.free = add(taken.free, call, power(once, call.fan_out));
            if probability > 0.0 {
                taken.taken = add(taken.taken, call, power(wait * once, call.fan_out));
            }
        }
        taken
    }

    fn response(&self, next: &Next) -> Complex64 {
        self.duration(&next.latency) * self.waiting(next.wait) * self.reply(&next.reply)
    }

    /// From the start of the execution.
    fn reply(&self, reply: &Reply) -> Complex64 {
        match reply {
            Reply::None => ONE,
            Reply::Of(instance, onwards) => self.replies[*instance] * self.passed_on(onwards),
        }
    }

    fn passed_on(&self, onwards: &[Next]) -> Complex64 {
        onwards.iter().fold(ONE, |product, next| {
            product * (1.0 - next.probability + next.probability * self.response(next))
        })
    }
}

/// Of a call to so many replicas, one after the other.
fn power(once: Complex64, fan_out: u32) -> Complex64 {
    if fan_out == 1 { once } else { once.powu(fan_out) }
}

/// Of a sum of a random number of terms: geometric if it varies so much, else whole as far as it can be.
fn repeated(term: Complex64, mean: f64, variance: f64) -> Complex64 {
    if variance > 0.5 * mean * (1.0 + mean) {
        return 1.0 / (1.0 + mean - mean * term);
    }
    let whole = mean.floor();
    term.powi(whole as i32) * (1.0 - (mean - whole) + (mean - whole) * term)
}
