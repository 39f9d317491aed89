/**
 * Laboratory panels and the analytes in them: LOINC codes, UCUM units, reference ranges. The values
 * come from `labs.ts`.
 */
import type { Code, Label } from './codes.ts';

/** One laboratory value. */
export interface Analyte {
  readonly code: Code;
  /** UCUM. */
  readonly unit: string;
  readonly decimals: number;
  /** Reference range; undefined: no such bound. */
  readonly low?: number;
  readonly high?: number;
}

function analyte(
  code: string,
  display: string,
  unit: string,
  decimals: number,
  low?: number,
  high?: number,
): Analyte {
  return {
    code: [code, display],
    unit,
    decimals,
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
  };
}

/** All analytes, by the word that stands in resource ids. */
export const analytes = {
  hba1c: analyte('4548-4', 'Hemoglobin A1c/Hemoglobin.total in Blood', '%', 1, 4, 5.6),
  creatinine: analyte(
    '2160-0',
    'Creatinine [Mass/volume] in Serum or Plasma',
    'mg/dL',
    2,
    0.5,
    1.2,
  ),
  egfr: analyte(
    '98979-8',
    'Glomerular filtration rate [Volume Rate/Area] in Serum, Plasma or Blood by Creatinine-based formula (CKD-EPI 2021)/1.73 sq M',
    'mL/min/{1.73_m2}',
    0,
    60,
  ),
  potassium: analyte(
    '2823-3',
    'Potassium [Moles/volume] in Serum or Plasma',
    'mmol/L',
    1,
    3.5,
    5.1,
  ),
  cholesterol: analyte(
    '2093-3',
    'Cholesterol [Mass/volume] in Serum or Plasma',
    'mg/dL',
    0,
    undefined,
    200,
  ),
  hdl: analyte('2085-9', 'Cholesterol in HDL [Mass/volume] in Serum or Plasma', 'mg/dL', 0, 40),
  triglycerides: analyte(
    '2571-8',
    'Triglyceride [Mass/volume] in Serum or Plasma',
    'mg/dL',
    0,
    undefined,
    150,
  ),
  ldl: analyte(
    '13457-7',
    'Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation',
    'mg/dL',
    0,
    undefined,
    130,
  ),
  tsh: analyte('3016-3', 'Thyrotropin [Units/volume] in Serum or Plasma', 'm[IU]/L', 2, 0.4, 4.2),
  'free-t4': analyte(
    '3024-7',
    'Thyroxine (T4) free [Mass/volume] in Serum or Plasma',
    'ng/dL',
    2,
    0.8,
    1.8,
  ),
  hemoglobin: analyte('718-7', 'Hemoglobin [Mass/volume] in Blood', 'g/dL', 1, 12, 17),
  leukocytes: analyte(
    '6690-2',
    'Leukocytes [#/volume] in Blood by Automated count',
    '10*3/uL',
    1,
    4,
    11,
  ),
  platelets: analyte(
    '777-3',
    'Platelets [#/volume] in Blood by Automated count',
    '10*3/uL',
    0,
    150,
    400,
  ),
  ferritin: analyte('2276-4', 'Ferritin [Mass/volume] in Serum or Plasma', 'ng/mL', 0, 20, 300),
  urate: analyte('3084-1', 'Urate [Mass/volume] in Serum or Plasma', 'mg/dL', 1, 2.5, 7),
  crp: analyte(
    '1988-5',
    'C reactive protein [Mass/volume] in Serum or Plasma',
    'mg/L',
    1,
    undefined,
    5,
  ),
  alt: analyte(
    '1742-6',
    'Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma',
    'U/L',
    0,
    undefined,
    45,
  ),
  ast: analyte(
    '1920-8',
    'Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma',
    'U/L',
    0,
    undefined,
    40,
  ),
  'nt-probnp': analyte(
    '33762-6',
    'Natriuretic peptide.B prohormone N-Terminal [Mass/volume] in Serum or Plasma',
    'pg/mL',
    0,
    undefined,
    450,
  ),
  'hiv-viral-load': analyte(
    '20447-9',
    'HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe detection',
    '{copies}/mL',
    0,
    undefined,
    50,
  ),
  'cd4-count': analyte('24467-3', 'CD3+CD4+ (T4 helper) cells [#/volume] in Blood', '/uL', 0, 500),
} as const satisfies Readonly<Record<string, Analyte>>;

/** The word of an analyte in resource ids. */
export type AnalyteKey = keyof typeof analytes;

/** Analytes that are reported together. */
export interface Panel {
  readonly code: Code;
  readonly of: readonly AnalyteKey[];
  readonly label?: Label;
}

/** All panels, by the word that stands in resource ids. */
export const panels = {
  hba1c: { code: analytes.hba1c.code, of: ['hba1c'] },
  renal: {
    code: ['24362-6', 'Renal function 2000 panel - Serum or Plasma'],
    of: ['creatinine', 'egfr', 'potassium'],
  },
  lipids: {
    code: ['24331-1', 'Lipid 1996 panel - Serum or Plasma'],
    of: ['cholesterol', 'hdl', 'triglycerides', 'ldl'],
  },
  thyroid: {
    code: ['3016-3', 'Thyrotropin [Units/volume] in Serum or Plasma'],
    of: ['tsh', 'free-t4'],
  },
  cbc: {
    code: ['58410-2', 'CBC panel - Blood by Automated count'],
    of: ['hemoglobin', 'leukocytes', 'platelets'],
  },
  ferritin: { code: analytes.ferritin.code, of: ['ferritin'] },
  urate: { code: analytes.urate.code, of: ['urate'] },
  crp: { code: analytes.crp.code, of: ['crp'] },
  liver: { code: ['24325-3', 'Hepatic function 2000 panel - Serum or Plasma'], of: ['alt', 'ast'] },
  probnp: { code: analytes['nt-probnp'].code, of: ['nt-probnp'] },
  hiv: { code: analytes['hiv-viral-load'].code, of: ['hiv-viral-load', 'cd4-count'], label: 'HIV' },
} as const satisfies Readonly<Record<string, Panel>>;

/** The word of a panel in resource ids. */
export type PanelKey = keyof typeof panels;
