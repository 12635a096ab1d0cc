//! The machines of a host, with what is set aside on each, and the choice between them.

use std::cmp::Reverse;
use std::fmt;

use super::Placement;
use crate::{Host, Service};

/// What a replica asks for. Whole numbers, as schedulers have them: billionths of a core (Swarm's `NanoCPUs`; Kubernetes'
/// thousandths give the same shares) and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceRequest {
    cpu: Option<u64>,
    memory: Option<u64>,
}

/// Stands for cores not asked for, in scores: a tenth of one.
const USUAL_CPU: u64 = 100_000_000;

/// Stands for memory not asked for, in scores: 200 MiB.
const USUAL_MEMORY: u64 = 200 << 20;

impl ResourceRequest {
    /// Cores and bytes, where it asks for any.
    pub fn new(cpu: Option<f64>, memory: Option<f64>) -> Self {
        Self { cpu: cpu.map(billionths), memory: memory.map(whole) }
    }

    /// That of each replica of a service.
    pub fn of(service: &Service) -> Self {
        Self::new(service.requested_cpu(), service.requested_memory())
    }

    /// As if it were one: all that there is of a machine, as far as that has an end and is known.
    pub fn of_machine(host: &Host) -> Self {
        Self::new(host.cores.finite().map(f64::from), host.memory)
    }

    /// What has to fit.
    fn least(&self) -> [u64; 2] {
        [self.cpu.unwrap_or(0), self.memory.unwrap_or(0)]
    }

    /// What scores count.
    fn usual(&self) -> [u64; 2] {
        [self.cpu.unwrap_or(USUAL_CPU), self.memory.unwrap_or(USUAL_MEMORY)]
    }
}

impl fmt::Display for ResourceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cpu = self.cpu.map(|cpu| match cpu as f64 / 1e9 {
            1.0 => "1 core".to_owned(),
            cores => format!("{cores} cores"),
        });
        let memory = self.memory.map(|memory| format!("{memory} bytes of memory"));
        let parts: Vec<String> = cpu.into_iter().chain(memory).collect();
        f.write_str(&parts.join(" and "))
    }
}

fn billionths(cores: f64) -> u64 {
    whole(cores * 1e9)
}

/// The nearest whole number: 0.3 · 10⁹ is one but for rounding.
fn whole(amount: f64) -> u64 {
    amount.round() as u64
}

/// The machines of a host.
#[derive(Clone, Debug)]
pub struct Cluster {
    placement: Placement,
    /// Cores and memory of each machine; none where there is no end to it, or it is not known.
    capacity: [Option<u64>; 2],
    machines: Vec<Machine>,
}

/// What is on a machine.
#[derive(Clone, Debug, Default)]
struct Machine {
    /// Sums of requests, and of what scores count in their place.
    least: [u64; 2],
    usual: [u64; 2],
    /// Replicas, of all services and by service.
    replicas: u32,
    of_services: Vec<u32>,
}

impl Cluster {
    /// Those of a host, with nothing on them yet, for so many services.
    pub fn new(host: &Host, services: usize) -> Self {
        let whole = ResourceRequest::of_machine(host);
        let machine = Machine { of_services: vec![0; services], ..Machine::default() };
        Self {
            placement: host.placement,
            capacity: [whole.cpu, whole.memory],
            machines: vec![machine; host.replicas as usize],
        }
    }

    /// The machine for another replica of a service, the so-manieth; none where none has room.
    pub fn choose(&self, service: usize, replica: u32, request: &ResourceRequest) -> Option<usize> {
        let free = (0..self.machines.len()).filter(|&machine| self.has_room(machine, request));
        match self.placement {
            Placement::ByNumber => (replica as usize).checked_rem(self.machines.len()),
            Placement::Spread => free.min_by_key(|&number| {
                let machine = &self.machines[number];
                (machine.of_services[service], machine.replicas)
            }),
            // Of equals, `min_by_key` takes the first.
            Placement::LeastAllocated | Placement::MostAllocated => {
                free.min_by_key(|&machine| Reverse(self.score(machine, request)))
            }
        }
    }

    /// Does a replica fit on a machine?
    pub fn has_room(&self, machine: usize, request: &ResourceRequest) -> bool {
        let least = self.machines[machine].least;
        let sums = least.iter().zip(request.least()).zip(self.capacity);
        sums.into_iter().all(|((&there, more), capacity)| {
            more == 0 || capacity.is_none_or(|capacity| there.saturating_add(more) <= capacity)
        })
    }

    /// How well a machine suits a replica by the shares of what it has, 0 to 100: those that stay free, or with `most_allocated`
    /// those that are taken. What has no end does not count.
    pub fn score(&self, machine: usize, request: &ResourceRequest) -> u64 {
        let sums = self.machines[machine].usual.iter().zip(request.usual()).zip(self.capacity);
        let shares: Vec<u64> = sums
            .filter_map(|((&there, more), capacity)| {
                let capacity = capacity.filter(|&capacity| capacity > 0)?;
                let taken = there.saturating_add(more).min(capacity);
                let counts =
                    if self.placement == Placement::MostAllocated { taken } else { capacity - taken };
                Some((u128::from(counts) * 100 / u128::from(capacity)) as u64)
            })
            .collect();
        shares.iter().sum::<u64>().checked_div(shares.len() as u64).unwrap_or(0)
    }

    /// A replica is on a machine from now on.
    pub fn add(&mut self, machine: usize, service: usize, request: &ResourceRequest) {
        let machine = &mut self.machines[machine];
        machine.replicas += 1;
        machine.of_services[service] += 1;
        let sum = |sums: &mut [u64; 2], more: [u64; 2]| {
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        };
        sum(&mut machine.least, request.least());
        sum(&mut machine.usual, request.usual());
    }

    /// One that was there is gone.
    pub fn remove(&mut self, machine: usize, service: usize, request: &ResourceRequest) {
        let machine = &mut self.machines[machine];
        machine.replicas -= 1;
        machine.of_services[service] -= 1;
        let difference = |sums: &mut [u64; 2], less: [u64; 2]| {
            sums.iter_mut().zip(less).for_each(|(sum, less)| *sum = sum.saturating_sub(less));
        };
        difference(&mut machine.least, request.least());
        difference(&mut machine.usual, request.usual());
    }

    /// By machine: the replicas on it, by service.
    pub fn replicas(&self) -> impl Iterator<Item = &[u32]> {
        self.machines.iter().map(|machine| machine.of_services.as_slice())
    }
}
