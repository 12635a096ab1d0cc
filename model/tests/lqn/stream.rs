//! Random numbers for tests.

/// Marsaglia's xorshift (2003): a stream that is the same on every machine.
pub(crate) struct Stream(pub(crate) u64);

impl Stream {
    /// A number below the end; 0 where that is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}
