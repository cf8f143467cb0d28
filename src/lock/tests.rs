//! Tests of reading a lock.
