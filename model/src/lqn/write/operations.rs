//! Operations as entries: phases where there are no more than three activities in a row, else an activity graph.

use super::Writer;
use super::emit::{Attributes, attribute};
use super::flow::{Flow, forwards};
use crate::lqn::document::{Name, Post, Pre, Precedence};
use crate::{
    Activity, CallCount, CallKind, CallOrder, LockAction, Loop, Operation, OperationRef, Service, Step,
};

/// The activities of phases 1 to 3.
type Phases<'a> = [Option<&'a Activity>; 3];

impl Writer<'_> {
    pub(super) fn operations(&mut self, service: &Service, customers: bool) {
        let mut flow = Flow::default();
        for operation in &service.operations {
            let reference = OperationRef::new(&service.name, &operation.name);
            let Some(entry) = self.names.entry(&reference).map(str::to_owned) else { continue };
            let phases = phases(&operation.steps, customers);
            self.entry(service, &reference, operation, &entry, phases.as_ref());
            if phases.is_none() {
                let replies = !customers && self.loads.awaited.contains(&reference);
                flow.entry(&entry, &operation.steps, replies);
                self.rounds(&operation.steps, &reference);
            }
        }
        if !flow.nodes.is_empty() {
            self.graph(&flow, &service.name);
        }
    }

    fn entry(
        &mut self,
        service: &Service,
        reference: &OperationRef,
        operation: &Operation,
        name: &str,
        phases: Option<&Phases<'_>>,
    ) {
        let element = format!("operation \"{reference}\"");
        let kind = if phases.is_some() { "PH1PH2" } else { "NONE" };
        let mut attributes = vec![attribute("name", name), attribute("type", kind)];
        attributes.extend(self.loads.rates.get(reference).map(|rate| attribute("open-arrival-rate", rate)));
        if operation.priority != 0 {
            attributes.push(attribute("priority", operation.priority));
        }
        attributes.extend(operation.lock.map(|action| match action {
            LockAction::Wait => attribute("semaphore", "wait"),
            LockAction::Signal => attribute("semaphore", "signal"),
            LockAction::ReadLock => attribute("rwlock", "r-lock"),
            LockAction::ReadUnlock => attribute("rwlock", "r-unlock"),
            LockAction::WriteLock => attribute("rwlock", "w-lock"),
            LockAction::WriteUnlock => attribute("rwlock", "w-unlock"),
        }));
        self.out.open("entry", &attributes);
        self.entry_figures(service, operation, phases.is_none());
        match forwards(&operation.steps) {
            None => self.remarks.problem(format!("{element}: replies that are passed on differently")),
            Some(forwards) => {
                for forward in forwards {
                    if !forward.latency.is_zero() {
                        let to = &forward.to;
                        self.remarks
                            .problem(format!("{element}: time on the network on the way to \"{to}\""));
                    }
                    let dest = self.destination(&forward.to, &element);
                    let attributes = vec![attribute("dest", dest), attribute("prob", forward.probability)];
                    self.out.empty("forwarding", &attributes);
                }
            }
        }
        if let Some(phases) = phases {
            self.out.open("entry-phase-activities", &Vec::new());
            for (number, activity) in phases.iter().enumerate() {
                let default = format!("{name}_{}", number + 1);
                let empty = Activity::default();
                // A phase 1 that does nothing is there all the same, since an entry needs one.
                let Some(activity) = activity.or((number == 0).then_some(&empty)) else { continue };
                let name = activity.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or(default);
                let more = vec![attribute("phase", number + 1)];
                self.activity(&name, Some(activity), more, &element, Some((reference, number)));
            }
            self.out.close();
        }
        self.out.close();
    }

    /// Counted rounds have no word.
    fn rounds(&mut self, steps: &[Step], reference: &OperationRef) {
        let fixed = |step: &Step| matches!(step, Step::Loop(Loop { count: CallCount::Fixed, .. }));
        if steps.iter().any(|step| step.any(&fixed)) {
            let message = "the number of rounds of its loops becomes geometric, with the same mean";
            self.remarks.note(format!("operation \"{reference}\": {message}"));
        }
    }

    fn destination(&mut self, to: &OperationRef, element: &str) -> String {
        match self.names.entry(to) {
            Some(entry) => entry.to_owned(),
            None => {
                self.remarks.problem(format!("{element}: \"{to}\", which does not exist"));
                String::new()
            }
        }
    }

    fn graph(&mut self, flow: &Flow<'_>, service: &str) {
        self.out.open("task-activities", &Vec::new());
        for node in &flow.nodes {
            let more: Attributes =
                node.start_of.iter().map(|entry| attribute("bound-to-entry", entry)).collect();
            let element = format!("activity \"{}\" of service \"{service}\"", node.name);
            self.activity(&node.name, node.activity, more, &element, None);
        }
        for precedence in &flow.precedences {
            self.precedence(precedence);
        }
        let mut entries: Vec<&str> = flow.replies.iter().map(|(entry, _)| entry.as_str()).collect();
        entries.dedup();
        for entry in entries {
            self.out.open("reply-entry", &vec![attribute("name", entry)]);
            for (_, activity) in flow.replies.iter().filter(|(other, _)| other == entry) {
                self.out.empty("reply-activity", &vec![attribute("name", activity)]);
            }
            self.out.close();
        }
        self.out.close();
    }

    fn activity(
        &mut self,
        name: &str,
        activity: Option<&Activity>,
        more: Attributes,
        element: &str,
        phase: Option<(&OperationRef, usize)>,
    ) {
        let empty = Activity::default();
        let activity = activity.unwrap_or(&empty);
        let mut attributes = vec![attribute("name", name)];
        attributes.extend(more);
        let (mean, cvsq) = self.remarks.moments(&activity.demand, &format!("the demand in {element}"));
        attributes.push(attribute("host-demand-mean", mean));
        attributes.extend(cvsq.map(|cvsq| attribute("host-demand-cvsq", cvsq)));
        if !activity.delay.is_zero() {
            let delay = self.remarks.exponential(&activity.delay, &format!("the delay in {element}"));
            attributes.push(attribute("think-time", delay));
        }
        if self.deterministic(activity, element) {
            attributes.push(attribute("call-order", "DETERMINISTIC"));
        }
        let figures = phase.and_then(|(reference, number)| self.phase_figures(reference, number));
        if activity.calls.is_empty() && figures.is_none() {
            return self.out.empty("activity", &attributes);
        }
        self.out.open("activity", &attributes);
        self.result("result-activity", figures.as_slice());
        for call in &activity.calls {
            if !call.latency.is_zero() {
                self.remarks
                    .problem(format!("{element}: time on the network of the call to \"{}\"", call.to));
            }
            let tag = match call.kind {
                CallKind::Synchronous => "synch-call",
                CallKind::Asynchronous => "asynch-call",
            };
            let dest = self.destination(&call.to, element);
            self.out.empty(tag, &vec![attribute("dest", dest), attribute("calls-mean", call.mean)]);
        }
        self.out.close();
    }

    /// Are the calls made in order and by a fixed number? Else they are geometric, in random order.
    fn deterministic(&mut self, activity: &Activity, element: &str) -> bool {
        let fixed = |call: &crate::Call| call.count == CallCount::Fixed && call.mean.fract() == 0.0;
        if activity.calls.is_empty() {
            return false;
        }
        if activity.call_order == CallOrder::Written && activity.calls.iter().all(fixed) {
            return true;
        }
        let geometric = activity.calls.iter().all(|call| call.count == CallCount::Geometric);
        if !geometric {
            self.remarks
                .note(format!("{element}: the numbers of calls become geometric, with the same means"));
        }
        if activity.call_order == CallOrder::Written && activity.calls.len() > 1 {
            self.remarks.note(format!("{element}: the order of calls becomes random"));
        }
        false
    }

    fn precedence(&mut self, precedence: &Precedence) {
        self.out.open("precedence", &Vec::new());
        match &precedence.pre {
            Pre::One(name) => self.list("pre", &Vec::new(), [(name, None)]),
            Pre::Or(names) => self.list("pre-OR", &Vec::new(), names.iter().map(|name| (name, None))),
            Pre::And { activities, quorum } => {
                let quorum: Attributes = quorum.iter().map(|quorum| attribute("quorum", quorum)).collect();
                self.list("pre-AND", &quorum, activities.iter().map(|name| (name, None)));
            }
        }
        match &precedence.post {
            None => {}
            Some(Post::One(name)) => self.list("post", &Vec::new(), [(name, None)]),
            Some(Post::And(names)) => {
                self.list("post-AND", &Vec::new(), names.iter().map(|name| (name, None)));
            }
            Some(Post::Or(branches)) => {
                let branches = branches.iter().map(|(name, p)| (name, Some(attribute("prob", p))));
                self.list("post-OR", &Vec::new(), branches);
            }
            Some(Post::Loop { bodies, end }) => {
                let end: Attributes = end.iter().map(|name| attribute("end", &name.text)).collect();
                let bodies = bodies.iter().map(|(name, count)| (name, Some(attribute("count", count))));
                self.list("post-LOOP", &end, bodies);
            }
        }
        self.out.close();
    }

    fn list<'n>(
        &mut self,
        tag: &'static str,
        attributes: &Attributes,
        activities: impl IntoIterator<Item = (&'n Name, Option<(&'static str, String)>)>,
    ) {
        self.out.open(tag, attributes);
        for (name, more) in activities {
            let mut attributes = vec![attribute("name", &name.text)];
            attributes.extend(more);
            self.out.empty("activity", &attributes);
        }
        self.out.close();
    }
}

/// The phases that the steps are, if they are such: one activity, the reply, two activities; for customers, who do not
/// reply, three activities.
fn phases(steps: &[Step], customers: bool) -> Option<Phases<'_>> {
    let mut phases: Phases<'_> = [None; 3];
    let mut replied = false;
    let mut next = 0;
    for step in steps {
        match step {
            Step::Activity(activity) if next < 3 && (customers || next != 1 || replied) => {
                phases[next] = Some(activity);
                next += 1;
            }
            Step::Reply(_) if !replied && !customers && next <= 1 => {
                replied = true;
                next = 1;
            }
            _ => return None,
        }
    }
    Some(phases)
}
