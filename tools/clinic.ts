/** `npm run clinic:write`: writes the synthetic clinic to `fhir-fixtures/clinic/`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { clinicFiles } from './clinic/clinic.ts';

const folder = path.join(path.dirname(import.meta.dirname), 'fhir-fixtures', 'clinic');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

let bytes = 0;
let resources = 0;
for (const [name, text] of clinicFiles()) {
  writeFileSync(path.join(folder, name), text);
  const count = text.split('\n').length - 1;
  process.stdout.write(`${String(count).padStart(5)}  ${name}\n`);
  bytes += Buffer.byteLength(text);
  resources += count;
}
process.stdout.write(`${String(resources)} resources, ${String(bytes)} bytes\n`);
