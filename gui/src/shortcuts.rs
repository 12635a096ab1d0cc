//! Keys of the main actions.

use egui::{Context, Key, KeyboardShortcut, Modifiers};

use crate::command::Command;

/// A key and what it does.
pub(crate) struct Shortcut {
    pub(crate) keys: KeyboardShortcut,
    /// For the list of keys.
    pub(crate) meaning: &'static str,
    pub(crate) command: fn() -> Command,
}

const fn with_command(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

/// All of them. Longer combinations come before those that are a part of them.
pub(crate) const ALL: [Shortcut; 6] = [
    Shortcut { keys: with_command(Key::O), meaning: "Open…", command: || Command::AskToOpen },
    Shortcut { keys: with_command(Key::S), meaning: "Save the project", command: || Command::Save },
    Shortcut {
        keys: KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z),
        meaning: "Redo",
        command: || Command::Redo,
    },
    Shortcut { keys: with_command(Key::Z), meaning: "Undo", command: || Command::Undo },
    Shortcut { keys: with_command(Key::Y), meaning: "Redo", command: || Command::Redo },
    Shortcut {
        keys: with_command(Key::Period),
        meaning: "Stop the simulation",
        command: || Command::Stop(crate::worker::Lane::Simulation),
    },
];

/// What the keys pressed in this frame ask for.
pub(crate) fn pressed(context: &Context) -> Vec<Command> {
    // A text field has its own undo.
    if context.text_edit_focused() {
        return Vec::new();
    }
    ALL.iter()
        .filter(|shortcut| context.input_mut(|input| input.consume_shortcut(&shortcut.keys)))
        .map(|shortcut| (shortcut.command)())
        .collect()
}
