//! The what-if workbench.
