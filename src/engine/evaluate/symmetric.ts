/** A square matrix, row after row. */
export type Matrix = Float64Array;

/** Sweeps of Jacobi rotations are enough by far: convergence is quadratic. */
const mostSweeps = 60;
/** What NumPy's `pinv` takes for zero, next to the largest. */
const relativeZero = 1e-15;

/**
 * vᵀ · pinv(m) · v for a symmetric matrix, by its eigenvalues (cyclic Jacobi rotations: Golub and Van Loan, "Matrix
 * Computations", §8.5). Directions whose eigenvalue is next to zero do not count, as in the Moore-Penrose inverse.
 */
export function inverseForm(matrix: Matrix, vector: Float64Array): number {
  const size = vector.length;
  const a = matrix.slice();
  const rotated = vector.slice();
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let changed = false;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) changed = rotate(a, rotated, size, p, q) || changed;
    if (!changed) break;
  }
  const values = Array.from({ length: size }, (_, index) => a[index * (size + 1)]!);
  const zero = relativeZero * Math.max(...values.map(Math.abs));
  return values.reduce((sum, value, index) => sum + (Math.abs(value) > zero ? rotated[index]! ** 2 / value : 0), 0);
}

/** Makes the element at (p, q) zero, and turns the vector along; false where it was next to nothing already. */
function rotate(a: Matrix, vector: Float64Array, size: number, p: number, q: number): boolean {
  const at = (row: number, column: number): number => a[row * size + column]!;
  const off = at(p, q);
  const [app, aqq] = [at(p, p), at(q, q)];
  if (Math.abs(off) <= Number.EPSILON * Math.sqrt(Math.abs(app * aqq)) || off === 0) return false;
  const theta = (aqq - app) / (2 * off);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < size; k++) {
    const [akp, akq] = [at(k, p), at(k, q)];
    a[k * size + p] = c * akp - s * akq;
    a[k * size + q] = s * akp + c * akq;
  }
  for (let k = 0; k < size; k++) {
    const [apk, aqk] = [at(p, k), at(q, k)];
    a[p * size + k] = c * apk - s * aqk;
    a[q * size + k] = s * apk + c * aqk;
  }
  const [vp, vq] = [vector[p]!, vector[q]!];
  vector[p] = c * vp - s * vq;
  vector[q] = s * vp + c * vq;
  return true;
}
