//! What happens at once: everything between the end of one stage and the beginning of the next.

use tracecast_model::PredictError;

use super::network::{Cause, Count, Network, Path, Share};

/// What is to be done next.
pub(crate) enum Node {
    /// Nothing more.
    Nothing,
    /// A stage.
    Stage(usize),
    /// One of these.
    Branch(Vec<(f64, usize)>),
    /// A new request, by generation.
    Begin(Vec<(usize, usize)>),
    /// A request, with the stage that waits for it.
    Call { to: usize, wait: usize },
    /// A message arrives.
    Enter { to: usize },
    /// A message sets out while the sender goes on.
    Send { way: usize, next: usize },
    /// Whoever waits goes on, and so does this.
    Reply { population: usize, next: usize },
    /// The last step is done.
    End { population: usize, replies: bool },
    /// A client has its reply.
    Replied { class: usize, next: usize },
}

/// What requests do.
pub(crate) struct Program {
    pub(crate) nodes: Vec<Node>,
    /// Where each population begins.
    pub(crate) populations: Vec<usize>,
    /// What follows each stage.
    pub(crate) after: Vec<usize>,
}

/// Paths beyond which a model is refused: they are the possibilities at one instant, usually a handful for each stage.
const MOST: usize = 20_000;

/// Every path from every arrival and every stage that takes time.
pub(crate) fn all(
    network: &Network<'_>,
    program: &Program,
    classes: &[usize],
) -> Result<Vec<Path>, PredictError> {
    let mut found = Vec::new();
    let walk = Walk { network, program };
    for (class, &entry) in classes.iter().enumerate() {
        if network.classes[class].thinking.is_none() {
            walk.from(Path::new(Cause::Arrival { class }), vec![entry], &mut found)?;
        }
    }
    for (stage, description) in network.stages.iter().enumerate() {
        if description.shape.is_some() {
            let mut path = Path::new(Cause::Stage(stage));
            if let Count::Variable(variable) = description.count {
                path.change(variable, -1.0);
            }
            walk.from(path, vec![program.after[stage]], &mut found)?;
        }
    }
    Ok(found)
}

struct Walk<'a> {
    network: &'a Network<'a>,
    program: &'a Program,
}

impl Walk<'_> {
    /// Follows all that is open until everything is in a stage.
    fn from(&self, mut path: Path, mut open: Vec<usize>, found: &mut Vec<Path>) -> Result<(), PredictError> {
        while let Some(node) = open.pop() {
            match &self.program.nodes[node] {
                Node::Nothing => {}
                Node::Stage(stage) => self.enter(*stage, &mut path),
                Node::Branch(branches) => {
                    for &(probability, next) in branches {
                        let mut branch = path.clone();
                        branch.probability *= probability;
                        let mut rest = open.clone();
                        rest.push(next);
                        self.from(branch, rest, found)?;
                    }
                    return Ok(());
                }
                Node::Begin(generations) => {
                    for &(generation, next) in generations {
                        let mut begun = path.clone();
                        begun.generation = Some(generation);
                        let mut rest = open.clone();
                        rest.push(next);
                        self.from(begun, rest, found)?;
                    }
                    return Ok(());
                }
                Node::Call { to, wait } => {
                    self.enter(*wait, &mut path);
                    self.arrive(*to, &mut path, &mut open);
                }
                Node::Enter { to } => self.arrive(*to, &mut path, &mut open),
                Node::Send { way, next } => open.extend([*next, *way]),
                Node::Reply { population, next } => {
                    open.push(*next);
                    return self.reply(*population, &path, &open, found);
                }
                Node::End { population, replies } => {
                    path.change(self.network.populations[*population].variable, -1.0);
                    path.ended.push(*population);
                    if *replies {
                        return self.reply(*population, &path, &open, found);
                    }
                }
                Node::Replied { class, next } => {
                    path.replies.push(*class);
                    open.push(*next);
                }
            }
        }
        if found.len() == MOST {
            let what = "so many operations that pass replies on at the same instant";
            return Err(crate::unsupported(what, "the whole model"));
        }
        path.changes.retain(|&(_, change)| change != 0.0);
        found.push(path);
        Ok(())
    }

    fn enter(&self, stage: usize, path: &mut Path) {
        if let Count::Variable(variable) = self.network.stages[stage].count {
            path.change(variable, 1.0);
        }
    }

    fn arrive(&self, population: usize, path: &mut Path, open: &mut Vec<usize>) {
        let description = &self.network.populations[population];
        path.change(description.variable, 1.0);
        if description.first.is_none() {
            open.push(self.program.populations[population]);
        }
    }

    /// One of those that wait goes on: any with equal probability, where there are several places to wait.
    fn reply(
        &self,
        population: usize,
        path: &Path,
        open: &[usize],
        found: &mut Vec<Path>,
    ) -> Result<(), PredictError> {
        let description = &self.network.populations[population];
        let alone = description.callers.len() == 1 && !description.messages;
        for &stage in &description.callers {
            let mut next = path.clone();
            if !alone {
                next.shares.push(Share::Caller { stage, population });
            }
            if let Count::Variable(variable) = self.network.stages[stage].count {
                next.change(variable, -1.0);
            }
            let mut rest = open.to_vec();
            rest.push(self.program.after[stage]);
            self.from(next, rest, found)?;
        }
        if description.messages {
            let mut next = path.clone();
            if !description.callers.is_empty() {
                next.shares.push(Share::Nobody { population });
            }
            self.from(next, open.to_vec(), found)?;
        }
        Ok(())
    }
}

impl Path {
    fn new(cause: Cause) -> Self {
        Self {
            cause,
            probability: 1.0,
            generation: None,
            shares: Vec::new(),
            changes: Vec::new(),
            replies: Vec::new(),
            ended: Vec::new(),
        }
    }

    fn change(&mut self, variable: usize, by: f64) {
        match self.changes.iter_mut().find(|(other, _)| *other == variable) {
            Some((_, change)) => *change += by,
            None => self.changes.push((variable, by)),
        }
    }
}
