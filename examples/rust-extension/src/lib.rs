//! `nearby._native`: the part of the service that is worth being Rust.
//! Python's view of it is `python/nearby/_native.pyi`.

mod distance;

/// The Python module.
#[pyo3::pymodule]
mod _native {
    use crate::distance::Position;
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;

    /// A fixed list of positions that can be searched by distance.
    #[pyclass(frozen)]
    struct Index {
        positions: Vec<Position>,
    }

    #[pymethods]
    impl Index {
        /// Takes pairs of latitude and longitude, in degrees.
        #[new]
        fn new(positions: Vec<(f64, f64)>) -> PyResult<Self> {
            let positions = positions.into_iter().map(position).collect::<PyResult<_>>()?;
            Ok(Self { positions })
        }

        /// Returns up to `limit` pairs of index and distance in kilometres, nearest first.
        fn nearest(
            &self,
            py: Python<'_>,
            latitude: f64,
            longitude: f64,
            limit: usize,
        ) -> PyResult<Vec<(usize, f64)>> {
            let from = position((latitude, longitude))?;
            // Other Python threads may run meanwhile.
            Ok(py.detach(|| self.search(from, limit)))
        }

        fn __len__(&self) -> usize {
            self.positions.len()
        }
    }

    impl Index {
        fn search(&self, from: Position, limit: usize) -> Vec<(usize, f64)> {
            let distances = self.positions.iter().map(|to| from.distance_km(*to));
            let mut found: Vec<_> = distances.enumerate().collect();
            found.sort_by(|(_, one), (_, other)| one.total_cmp(other));
            found.truncate(limit);
            found
        }
    }

    fn position((latitude, longitude): (f64, f64)) -> PyResult<Position> {
        if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 {
            Ok(Position { latitude, longitude })
        } else {
            Err(PyValueError::new_err(format!("({latitude}, {longitude}) is not on Earth")))
        }
    }
}
