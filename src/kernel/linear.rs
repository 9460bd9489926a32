//! Small dense linear algebra in `f64`: as much as covariances of a few bands need. Every sum has a fixed order.

use ndarray::Array2;

/// The lower triangle L with L L' = `matrix` (symmetric; the lower half is read). None where a pivot is not
/// above `least` times its own diagonal element: the columns depend on each other.
pub(super) fn cholesky(matrix: &Array2<f64>, least: f64) -> Option<Array2<f64>> {
    let n = matrix.nrows();
    let mut lower = Array2::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| lower[(i, k)] * lower[(j, k)]).sum();
            let rest = matrix[(i, j)] - known;
            if i == j {
                let sound = rest.is_finite() && rest > least * matrix[(i, i)] && rest > 0.0;
                lower[(i, i)] = sound.then(|| rest.sqrt())?;
            } else {
                lower[(i, j)] = rest / lower[(j, j)];
            }
        }
    }
    Some(lower)
}

/// X with L X = `right`, by forward substitution.
pub(super) fn solve_lower(lower: &Array2<f64>, right: &Array2<f64>) -> Array2<f64> {
    let mut solved = right.clone();
    for column in 0..right.ncols() {
        for i in 0..lower.nrows() {
            let known: f64 = (0..i).map(|k| lower[(i, k)] * solved[(k, column)]).sum();
            solved[(i, column)] = (solved[(i, column)] - known) / lower[(i, i)];
        }
    }
    solved
}

/// X with L' X = `right`, by backward substitution.
pub(super) fn solve_upper(lower: &Array2<f64>, right: &Array2<f64>) -> Array2<f64> {
    let n = lower.nrows();
    let mut solved = right.clone();
    for column in 0..right.ncols() {
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|k| lower[(k, i)] * solved[(k, column)]).sum();
            solved[(i, column)] = (solved[(i, column)] - known) / lower[(i, i)];
        }
    }
    solved
}

/// Sweeps after which Jacobi's methods have long converged for matrices of this size.
const SWEEPS: usize = 60;

/// Singular values of a square matrix in falling order, with left and right vectors as columns:
/// matrix = P diag(d) Q' (one-sided Jacobi, Hestenes 1958).
pub(super) fn svd(matrix: &Array2<f64>) -> (Vec<f64>, Array2<f64>, Array2<f64>) {
    let n = matrix.ncols();
    let (mut turned, mut right) = (matrix.clone(), Array2::eye(n));
    for _ in 0..SWEEPS {
        let mut turns = 0;
        for (p, q) in pairs(n) {
            let (a, b, c) = (dot(&turned, p, p), dot(&turned, q, q), dot(&turned, p, q));
            if c.abs() > 1e-15 * (a * b).sqrt() {
                let angle = turn(a, b, c);
                rotate(&mut turned, (p, q), angle);
                rotate(&mut right, (p, q), angle);
                turns += 1;
            }
        }
        if turns == 0 {
            break;
        }
    }
    let lengths: Vec<f64> = (0..n).map(|column| dot(&turned, column, column).sqrt()).collect();
    let order = falling(&lengths);
    let left = orthonormal(&turned, &lengths, &order);
    let right = Array2::from_shape_fn((n, n), |(row, column)| right[(row, order[column])]);
    (order.iter().map(|column| lengths[*column]).collect(), left, right)
}

/// Eigenvalues of a symmetric matrix in falling order, with unit vectors as columns, each with its greatest
/// component positive (cyclic Jacobi).
pub(super) fn eigen(matrix: &Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let n = matrix.ncols();
    let (mut turned, mut vectors) = (matrix.clone(), Array2::eye(n));
    for _ in 0..SWEEPS {
        let mut turns = 0;
        for (p, q) in pairs(n) {
            let (a, b, c) = (turned[(p, p)], turned[(q, q)], turned[(p, q)]);
            if c.abs() > 1e-15 * (a * b).abs().sqrt() {
                let angle = turn(a, b, c);
                rotate(&mut turned, (p, q), angle);
                turned = turned.reversed_axes();
                rotate(&mut turned, (p, q), angle);
                rotate(&mut vectors, (p, q), angle);
                turns += 1;
            }
        }
        if turns == 0 {
            break;
        }
    }
    let values: Vec<f64> = (0..n).map(|at| turned[(at, at)]).collect();
    let order = falling(&values);
    let vectors =
        Array2::from_shape_fn((n, n), |(row, column)| vectors[(row, order[column])] * sign(&vectors, order[column]));
    (order.iter().map(|column| values[*column]).collect(), vectors)
}

fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |p| (p + 1..n).map(move |q| (p, q)))
}

fn dot(matrix: &Array2<f64>, p: usize, q: usize) -> f64 {
    matrix.column(p).iter().zip(matrix.column(q)).map(|(a, b)| a * b).sum()
}

/// Cosine and sine that make two columns of squared lengths `a`, `b` and product `c` orthogonal.
fn turn(a: f64, b: f64, c: f64) -> (f64, f64) {
    let zeta = (b - a) / (2.0 * c);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    (cosine, cosine * tangent)
}

fn rotate(matrix: &mut Array2<f64>, (p, q): (usize, usize), (cosine, sine): (f64, f64)) {
    for row in 0..matrix.nrows() {
        let (a, b) = (matrix[(row, p)], matrix[(row, q)]);
        matrix[(row, p)] = cosine * a - sine * b;
        matrix[(row, q)] = sine * a + cosine * b;
    }
}

/// Indices by falling value, equal ones in their own order.
fn falling(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order
}

/// 1 or -1, so that the greatest component of a column becomes positive.
fn sign(vectors: &Array2<f64>, column: usize) -> f64 {
    let greatest =
        vectors.column(column).iter().fold(0.0f64, |most, value| if value.abs() > most.abs() { *value } else { most });
    if greatest < 0.0 { -1.0 } else { 1.0 }
}

/// The columns in order, at unit length; a column without length is replaced by one orthogonal to the others.
fn orthonormal(columns: &Array2<f64>, lengths: &[f64], order: &[usize]) -> Array2<f64> {
    let n = columns.nrows();
    let most = lengths.iter().copied().fold(0.0, f64::max);
    let mut unit = Array2::<f64>::zeros((n, n));
    for (place, column) in order.iter().enumerate() {
        let length = lengths[*column];
        if length > 1e-14 * most {
            unit.column_mut(place).assign(&columns.column(*column).mapv(|value| value / length));
        } else {
            let free = (0..n).map(|axis| remainder(&unit, place, axis));
            let longest = free.reduce(|a, b| if b.dot(&b) > a.dot(&a) { b } else { a });
            longest
                .iter()
                .for_each(|rest| unit.column_mut(place).assign(&rest.mapv(|value| value / rest.dot(rest).sqrt())));
        }
    }
    unit
}

/// What is left of a unit vector beside the first `count` columns.
fn remainder(unit: &Array2<f64>, count: usize, axis: usize) -> ndarray::Array1<f64> {
    let mut rest = ndarray::Array1::zeros(unit.nrows());
    rest[axis] = 1.0;
    for column in 0..count {
        let along = unit.column(column)[axis];
        rest.scaled_add(-along, &unit.column(column));
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn close(a: &Array2<f64>, b: &Array2<f64>) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12), "{a} {b}");
    }

    #[test]
    fn a_triangle_squares_to_its_matrix_and_solves() {
        let matrix = array![[4.0, 2.0, 0.6], [2.0, 5.0, 1.0], [0.6, 1.0, 3.0]];
        let lower = cholesky(&matrix, 1e-12).unwrap();
        close(&lower.dot(&lower.t()), &matrix);
        let right = array![[1.0], [2.0], [3.0]];
        close(&lower.dot(&solve_lower(&lower, &right)), &right);
        close(&lower.t().dot(&solve_upper(&lower, &right)), &right);
    }

    #[test]
    fn dependent_columns_have_no_triangle() {
        assert!(cholesky(&array![[1.0, 2.0], [2.0, 4.0]], 1e-12).is_none());
        assert!(cholesky(&array![[0.0]], 1e-12).is_none());
        assert!(cholesky(&array![[f64::NAN]], 1e-12).is_none());
    }

    #[test]
    fn singular_values_make_the_matrix_again_even_without_full_rank() {
        for matrix in [
            array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.5]],
            array![[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 0.0]],
            Array2::zeros((3, 3)),
        ] {
            let (values, left, right) = svd(&matrix);
            close(&left.dot(&Array2::from_diag(&ndarray::Array1::from(values.clone()))).dot(&right.t()), &matrix);
            close(&left.t().dot(&left), &Array2::eye(3));
            close(&right.t().dot(&right), &Array2::eye(3));
            assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
        }
    }

    #[test]
    fn eigenvectors_make_the_matrix_again() {
        let matrix = array![[4.0, 2.0, 0.6], [2.0, 5.0, 1.0], [0.6, 1.0, 3.0]];
        let (values, vectors) = eigen(&matrix);
        close(&vectors.dot(&Array2::from_diag(&ndarray::Array1::from(values))).dot(&vectors.t()), &matrix);
        close(&vectors.t().dot(&vectors), &Array2::eye(3));
    }
}
