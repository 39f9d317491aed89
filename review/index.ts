/** The review face: see `app.ts`. */
export { createReviewApp } from './app.ts';
export type { ReadinessReport, Reader, ReviewOptions } from './options.ts';
export { reviewFaults } from './faults.ts';
export { digestToken } from './readers.ts';
