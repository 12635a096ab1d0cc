//! Laws that hold for every solution.
