//! Bursts: exact results for exponential and constant tasks, and brute force for all others.

use tracecast_model::{
    Activity, Call, Completion, Distribution, Host, Load, Multiplicity, Operation, OperationRef,
    SerialClient, Service, System, WorkQueue, Workload, fixtures,
};

use crate::{close, predict};

fn makespan(system: &System) -> f64 {
    predict(system).workloads[0].makespan.unwrap().mean
}

/// A fixed sequence of uniform numbers (SplitMix64; Steele, Lea and Flood 2014).
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Gamma by the sum of `stages` exponentials: SCV 1/stages.
    fn erlang(&mut self, mean: f64, stages: u32) -> f64 {
        if stages == 0 {
            return mean;
        }
        (0..stages).map(|_| -self.next().max(1e-300).ln()).sum::<f64>() * mean / f64::from(stages)
    }
}

/// A serial client, one work queue, workers of one thread each. `stages` 0: constant tasks.
struct ImageSystem {
    requests: u32,
    workers: u32,
    post: f64,
    task: f64,
    stages: u32,
    poll: f64,
}

impl ImageSystem {
    fn system(&self) -> System {
        let scv = if self.stages == 0 { 0.0 } else { 1.0 / f64::from(self.stages) };
        let task = Activity::working(Distribution::with_scv(self.task, scv).unwrap());
        let mut worker = Service::new("worker", "pool")
            .with_concurrency(1)
            .with_replicas(self.workers)
            .with_operation(Operation::new("process").with_activity(task));
        worker.work_queue = Some(WorkQueue::new("tasks"));
        let post = Operation::new("post")
            .with_activity(Activity::working(Distribution::deterministic(self.post)))
            .with_call(Call::new(OperationRef::new("worker", "process")).asynchronous());
        let client = SerialClient { requests: self.requests, poll_interval: self.poll, poll_time: 0.0 };
        let mut workload =
            Workload::new("client", OperationRef::new("gateway", "post"), Load::SerialClient(client));
        workload.completion = Completion::AllWork;
        System {
            hosts: vec![Host::new("front"), Host::new("pool").with_cores(Multiplicity::Finite(8))],
            services: vec![Service::new("gateway", "front").with_operation(post), worker],
            workloads: vec![workload],
            ..System::default()
        }
    }

    /// One run, by the definition: each task goes to the worker that is free first.
    fn run(&self, random: &mut Uniform) -> f64 {
        let mut free = vec![0.0_f64; self.workers as usize];
        for i in 0..self.requests {
            let posted = f64::from(i + 1) * self.post;
            let first = (0..free.len()).min_by(|&a, &b| free[a].total_cmp(&free[b])).unwrap();
            free[first] = free[first].max(posted) + random.erlang(self.task, self.stages);
        }
        let left = free.iter().copied().fold(0.0, f64::max) - f64::from(self.requests) * self.post;
        (left / self.poll - 1e-9).ceil().max(0.0) * self.poll
    }

    fn brute_force(&self, runs: u32) -> f64 {
        let mut random = Uniform(7);
        (0..runs).map(|_| self.run(&mut random)).sum::<f64>() / f64::from(runs)
    }
}

/// All tasks there at once: exactly N/c rounds of constant tasks; after a post of 1 ms each.
#[test]
fn constant_tasks() {
    for (requests, workers, rounds) in [(10, 1, 10.0), (10, 2, 5.0), (11, 2, 6.0), (100, 8, 13.0)] {
        let mut system = fixtures::burst_queue(requests, workers, Distribution::deterministic(0.3));
        // Without the storage, which would hold some workers up.
        system.services[2].host = "pool".into();
        let found = makespan(&system);
        let task = 0.32;
        close(found, rounds * task + 0.001, 0.01);
    }
}

/// Brute force over the image system's range. Tolerance: one percentage point is asked for; the runs themselves have
/// a standard error below 0.1 %.
#[test]
fn image_system() {
    for workers in [1, 2] {
        for requests in [10, 37, 100, 500] {
            for stages in [0, 20, 100, 4] {
                let image = ImageSystem { requests, workers, post: 0.03, task: 0.3, stages, poll: 0.25 };
                let expected = image.brute_force(if requests > 100 { 300 } else { 2000 });
                let found = makespan(&image.system());
                close(found, expected, 0.01);
            }
        }
    }
}

/// Twenty exponential tasks on twenty threads end with the harmonic sum, which two moments do not give: the answer says
/// so. With constant tasks, or many for each thread, there is nothing to say.
#[test]
fn few_random_tasks_are_warned_of() {
    let warned = |size: u32, workers: u32, task: Distribution| {
        let mut system = fixtures::burst_queue(size, workers, task);
        system.workloads[0].completion = Completion::AllWork;
        let prediction = predict(&system);
        assert_eq!(prediction.method, "burst");
        prediction.warnings.iter().any(|warning| warning.code == "few-tasks")
    };
    assert!(warned(20, 20, Distribution::exponential(1.0)));
    assert!(!warned(20, 20, Distribution::deterministic(1.0)));
    assert!(!warned(500, 20, Distribution::exponential(1.0)));
}
