//! The rules of LQN files that go beyond those of every system.

/// What a file breaks. The name in `kebab-case` is what people see, and the name of a refused example in
/// `model/tests/lqn/refused/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The activities of a task form a cycle.
    ActivityCycle,
    /// Two elements of one kind with one name.
    DuplicateName,
    /// An entry that says nothing about what it does.
    EntryContent,
    /// A fork whose branches do not meet at a join of its kind.
    ForkJoin,
    /// Servers without limit that are given a number all the same (a warning).
    InfiniteServer,
    /// A number, word or name outside its range.
    InvalidValue,
    /// A join that not all of its activities can reach.
    JoinPath,
    /// Something that has to be there.
    MissingValue,
    /// An entry with requests that wait for a reply, and others that do not (a warning).
    MixedRequests,
    /// Forks within forks, beyond reason.
    Nesting,
    /// Phases and activities in one entry.
    PhasesAndActivities,
    /// Shares of a processor without groups, or tasks outside of them (a warning).
    ProcessorGroup,
    /// Turns at a processor without their length (a warning).
    Quantum,
    /// A reference task that others ask for something.
    ReferenceTask,
    /// An activity that comes before or after more than one fork or join.
    RepeatedActivity,
    /// Replicas of a task that cannot be spread evenly over those of its processor.
    Replicas,
    /// A reply that nobody gives, or to an entry that it does not belong to.
    Reply,
    /// An activity that an entry starts with, and that does not come first, or only for this entry.
    StartActivity,
    /// Not a text of this format.
    Syntax,
    /// A think time of a task that has no customers.
    ThinkTime,
    /// A reference to a name that nothing bears.
    UnknownName,
    /// An activity that no entry leads to.
    UnreachableActivity,
    /// Something that has no counterpart here.
    Unsupported,
    /// An element that nothing uses (a warning).
    UnusedElement,
    /// A number that makes its element meaningless (a warning).
    ZeroValue,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 25] = [
        Self::ActivityCycle,
        Self::DuplicateName,
        Self::EntryContent,
        Self::ForkJoin,
        Self::InfiniteServer,
        Self::InvalidValue,
        Self::JoinPath,
        Self::MissingValue,
        Self::MixedRequests,
        Self::Nesting,
        Self::PhasesAndActivities,
        Self::ProcessorGroup,
        Self::Quantum,
        Self::ReferenceTask,
        Self::RepeatedActivity,
        Self::Replicas,
        Self::Reply,
        Self::StartActivity,
        Self::Syntax,
        Self::ThinkTime,
        Self::UnknownName,
        Self::UnreachableActivity,
        Self::Unsupported,
        Self::UnusedElement,
        Self::ZeroValue,
    ];

    /// The name in `kebab-case`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ActivityCycle => "activity-cycle",
            Self::DuplicateName => "duplicate-name",
            Self::EntryContent => "entry-content",
            Self::ForkJoin => "fork-join",
            Self::InfiniteServer => "infinite-server",
            Self::InvalidValue => "invalid-value",
            Self::JoinPath => "join-path",
            Self::MissingValue => "missing-value",
            Self::MixedRequests => "mixed-requests",
            Self::Nesting => "nesting",
            Self::PhasesAndActivities => "phases-and-activities",
            Self::ProcessorGroup => "processor-group",
            Self::Quantum => "quantum",
            Self::ReferenceTask => "reference-task",
            Self::RepeatedActivity => "repeated-activity",
            Self::Replicas => "replicas",
            Self::Reply => "reply",
            Self::StartActivity => "start-activity",
            Self::Syntax => "syntax",
            Self::ThinkTime => "think-time",
            Self::UnknownName => "unknown-name",
            Self::UnreachableActivity => "unreachable-activity",
            Self::Unsupported => "unsupported",
            Self::UnusedElement => "unused-element",
            Self::ZeroValue => "zero-value",
        }
    }

    /// Can the model be used all the same?
    pub fn is_warning(self) -> bool {
        matches!(
            self,
            Self::InfiniteServer
                | Self::MixedRequests
                | Self::ProcessorGroup
                | Self::Quantum
                | Self::UnusedElement
                | Self::ZeroValue
        )
    }
}
