//! Great-circle distance on a sphere. Plain Rust: nothing here knows of Python.

/// The mean radius of the Earth, in kilometres (IUGG).
const EARTH_RADIUS_KM: f64 = 6371.0088;

/// A position in degrees.
#[derive(Clone, Copy)]
pub struct Position {
    /// From -90 (south) to 90 (north).
    pub latitude: f64,
    /// From -180 (west) to 180 (east).
    pub longitude: f64,
}

impl Position {
    /// Returns the distance to `other` in kilometres, by the haversine formula.
    pub fn distance_km(self, other: Self) -> f64 {
        let half_latitude = (other.latitude - self.latitude).to_radians() / 2.0;
        let half_longitude = (other.longitude - self.longitude).to_radians() / 2.0;
        let cosines = self.latitude.to_radians().cos() * other.latitude.to_radians().cos();
        let haversine = half_latitude.sin().powi(2) + cosines * half_longitude.sin().powi(2);
        // Rounding may lift antipodes a hair above 1, where `asin` has no value.
        2.0 * EARTH_RADIUS_KM * haversine.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::{EARTH_RADIUS_KM, Position};
    use std::f64::consts::PI;

    const PARIS: Position = Position { latitude: 48.8566, longitude: 2.3522 };
    const LONDON: Position = Position { latitude: 51.5074, longitude: -0.1278 };

    #[test]
    fn paris_is_344_km_from_london_both_ways() {
        assert!((PARIS.distance_km(LONDON) - 343.6).abs() < 0.1);
        assert!((PARIS.distance_km(LONDON) - LONDON.distance_km(PARIS)).abs() < 1e-9);
    }

    #[test]
    fn antipodes_are_half_the_circumference_apart() {
        let north = Position { latitude: 90.0, longitude: 0.0 };
        let south = Position { latitude: -90.0, longitude: 77.0 };
        assert!((north.distance_km(south) - PI * EARTH_RADIUS_KM).abs() < 1e-6);
    }

    #[test]
    fn the_date_line_is_no_wall() {
        let west = Position { latitude: 0.0, longitude: 179.9 };
        let east = Position { latitude: 0.0, longitude: -179.9 };
        assert!(west.distance_km(east) < 23.0);
    }
}
