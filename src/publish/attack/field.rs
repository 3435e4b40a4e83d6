//! Exact linear algebra, modulo a prime far above any determinant of the small systems here.

const PRIME: u64 = (1 << 61) - 1;

/// A row of coefficients below the prime.
pub(super) type Row = Vec<u64>;

/// The residue of a small whole number.
pub(super) fn residue(number: i64) -> u64 {
    let residue = i128::from(number).rem_euclid(i128::from(PRIME));
    u64::try_from(residue).expect("below the prime")
}

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b) % u128::from(PRIME);
    u64::try_from(product).expect("below the prime")
}

fn inverse(a: u64) -> u64 {
    // Fermat: the power by p - 2.
    let (mut base, mut left, mut power) = (a, PRIME - 2, 1);
    while left > 0 {
        if left & 1 == 1 {
            power = times(power, base);
        }
        base = times(base, base);
        left >>= 1;
    }
    power
}

/// The reduced echelon form, pivots looked for in this order of the columns; the rows that are left,
/// with the column of each one's pivot.
pub(super) fn reduce(mut rows: Vec<Row>, columns: &[usize]) -> Vec<(usize, Row)> {
    let mut pivots: Vec<usize> = Vec::new();
    for &column in columns {
        let top = pivots.len();
        let Some(found) = (top..rows.len()).find(|row| rows[*row][column] != 0) else { continue };
        rows.swap(top, found);
        let scale = inverse(rows[top][column]);
        rows[top].iter_mut().for_each(|entry| *entry = times(*entry, scale));
        let pivot = rows[top].clone();
        for (at, row) in rows.iter_mut().enumerate() {
            let factor = row[column];
            if at == top || factor == 0 {
                continue;
            }
            for (entry, held) in row.iter_mut().zip(&pivot) {
                *entry = (*entry + PRIME - times(factor, *held)) % PRIME;
            }
        }
        pivots.push(column);
    }
    pivots.into_iter().zip(rows).collect()
}
