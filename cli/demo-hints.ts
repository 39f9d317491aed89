/** What the demo prints below its ready line: where to look, who one can be, what to type. */
import path from 'node:path';
import type { Clinic } from './demo-clinic.ts';

/**
 * @param accounts Who can sign in.
 * @param headerFile For `curl -H @FILE`.
 * @param folder Name of the folder that holds all data.
 */
export function whatToTry(
  clinic: Clinic,
  accounts: readonly { readonly id: string }[],
  headerFile: string,
  folder: string,
): readonly string[] {
  const { running, ehr, app } = clinic;
  const here = (file: string): string => path.relative(process.cwd(), file);
  const token = here(clinic.readerTokenFile);
  const asAna = `curl -H @${here(headerFile)}`;
  const reviewPage = `${new URL(running.reviewUrl).origin}/`;
  return [
    '',
    'A clinic in a box: open these in a browser, the first one first.',
    '',
    `  ${ehr.origin}/launcher   the EHR: choose who you are and a patient, launch Vitals`,
    `  ${app.origin}/           Vitals, a SMART app; sign in from there as well`,
    `  ${reviewPage}           the record: who saw what. Its credential is in ${token}`,
    '',
    `Users: ${accounts.map((account) => account.id).join(', ')}. The password is the name.`,
    '',
    'Or as Dr Ana Souza from a terminal:',
    '',
    `  ${asAna} ${running.appUrl}/Patient/zoe`,
    `  ${asAna} '${running.appUrl}/Observation?patient=zoe&category=vital-signs&_count=5'`,
    `  curl ${running.appUrl}/Patient/zoe   # without a token: refused, and recorded`,
    '',
    'Then ask who saw Zoë (the question is recorded too):',
    '',
    `  npm run chaperone -- search 'patient=Patient/zoe' --review ${running.reviewUrl} --token-file ${token}`,
    '',
    `All data are in ./${folder}, which can be thrown away. Ctrl-C stops it. The record:`,
    '',
  ];
}
