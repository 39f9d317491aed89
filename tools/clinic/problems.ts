/**
 * The problems that patients of the clinic have: how each is coded, from which age it is believable,
 * who follows it and how often, what is prescribed and measured for it.
 */
import type { Code, Label } from './codes.ts';
import type { DrugKey } from './drugs.ts';
import type { PanelKey } from './panels.ts';

/** Who follows a problem. */
export type Service = 'general' | 'cardiology' | 'behavioural';

/** One problem as the clinic treats it. */
export interface Problem {
  readonly snomed: Code;
  readonly icd10: Code;
  /** Nobody younger has it here. Years. */
  readonly fromAge: number;
  readonly service: Service;
  /** Days between visits once treatment is settled; undefined: no visits of its own. */
  readonly everyDays?: number;
  readonly drugs: readonly { readonly drug: DrugKey; readonly afterDays: number }[];
  readonly panels: readonly { readonly panel: PanelKey; readonly everyDays: number }[];
  readonly label?: Label;
  /** A procedure at visits for it, at most once in so many days. */
  readonly procedure?: { readonly code: Code; readonly everyDays: number };
}

const start = (drug: DrugKey, afterDays = 0): Problem['drugs'][number] => ({ drug, afterDays });
const measure = (panel: PanelKey, everyDays: number): Problem['panels'][number] => ({
  panel,
  everyDays,
});

const ecg: Code = ['29303009', 'Electrocardiographic procedure'];
const echo: Code = ['40701008', 'Echocardiography'];
const spirometry: Code = ['127783003', 'Spirometry'];
const talking: Code = ['228557008', 'Cognitive and behavioral therapy'];
const group: Code = ['76168009', 'Group psychotherapy'];

type Detail = Pick<Problem, 'fromAge'> & Partial<Omit<Problem, 'snomed' | 'icd10'>>;
function problem(snomed: Code, icd10: Code, detail: Detail): Problem {
  return { snomed, icd10, service: 'general', drugs: [], panels: [], ...detail };
}

/** All problems, by the word that stands in resource ids. */
export const problems = {
  hypertension: problem(
    ['59621000', 'Essential hypertension'],
    ['I10', 'Essential (primary) hypertension'],
    {
      fromAge: 30,
      everyDays: 260,
      drugs: [start('lisinopril', 14), start('amlodipine', 190)],
      panels: [measure('renal', 340)],
    },
  ),
  'mild-hypertension': problem(
    ['59621000', 'Essential hypertension'],
    ['I10', 'Essential (primary) hypertension'],
    {
      fromAge: 30,
      everyDays: 300,
      drugs: [start('losartan', 25)],
      panels: [measure('renal', 340)],
    },
  ),
  diabetes: problem(
    ['44054006', 'Diabetes mellitus type 2'],
    ['E11.9', 'Type 2 diabetes mellitus without complications'],
    {
      fromAge: 35,
      everyDays: 240,
      drugs: [start('metformin', 7), start('empagliflozin', 400)],
      panels: [measure('hba1c', 180), measure('renal', 340), measure('lipids', 340)],
    },
  ),
  'diabetes-type-1': problem(
    ['46635009', 'Diabetes mellitus type 1'],
    ['E10.9', 'Type 1 diabetes mellitus without complications'],
    {
      fromAge: 4,
      everyDays: 220,
      drugs: [start('insulin-glargine'), start('insulin-lispro')],
      panels: [measure('hba1c', 160), measure('renal', 340)],
    },
  ),
  hyperlipidemia: problem(
    ['55822004', 'Hyperlipidemia'],
    ['E78.5', 'Hyperlipidemia, unspecified'],
    {
      fromAge: 35,
      drugs: [start('atorvastatin', 25)],
      panels: [measure('lipids', 340)],
    },
  ),
  'coronary-disease': problem(
    ['53741008', 'Coronary arteriosclerosis'],
    ['I25.10', 'Atherosclerotic heart disease of native coronary artery without angina pectoris'],
    {
      fromAge: 45,
      service: 'cardiology',
      everyDays: 360,
      drugs: [start('aspirin'), start('metoprolol')],
      panels: [measure('lipids', 340)],
      procedure: { code: ecg, everyDays: 330 },
    },
  ),
  'atrial-fibrillation': problem(
    ['49436004', 'Atrial fibrillation'],
    ['I48.91', 'Unspecified atrial fibrillation'],
    {
      fromAge: 50,
      service: 'cardiology',
      everyDays: 300,
      drugs: [start('apixaban'), start('metoprolol', 14)],
      panels: [measure('renal', 340), measure('cbc', 350)],
      procedure: { code: ecg, everyDays: 250 },
    },
  ),
  'heart-failure': problem(['84114007', 'Heart failure'], ['I50.9', 'Heart failure, unspecified'], {
    fromAge: 55,
    service: 'cardiology',
    everyDays: 220,
    drugs: [start('furosemide'), start('spironolactone', 60)],
    panels: [measure('probnp', 320), measure('renal', 320)],
    procedure: { code: echo, everyDays: 400 },
  }),
  'kidney-disease': problem(
    ['433144002', 'Chronic kidney disease stage 3'],
    ['N18.30', 'Chronic kidney disease, stage 3 unspecified'],
    {
      fromAge: 45,
      everyDays: 300,
      drugs: [],
      panels: [measure('renal', 220), measure('cbc', 340)],
    },
  ),
  hypothyroidism: problem(
    ['40930008', 'Hypothyroidism'],
    ['E03.9', 'Hypothyroidism, unspecified'],
    {
      fromAge: 18,
      everyDays: 400,
      drugs: [start('levothyroxine', 7)],
      panels: [measure('thyroid', 290)],
    },
  ),
  obesity: problem(['414916001', 'Obesity'], ['E66.9', 'Obesity, unspecified'], {
    fromAge: 12,
    everyDays: 340,
    drugs: [],
    panels: [measure('lipids', 400)],
  }),
  'treated-obesity': problem(['414916001', 'Obesity'], ['E66.9', 'Obesity, unspecified'], {
    fromAge: 18,
    everyDays: 220,
    drugs: [start('semaglutide', 60)],
    panels: [measure('hba1c', 340)],
  }),
  'sleep-apnea': problem(
    ['78275009', 'Obstructive sleep apnea syndrome'],
    ['G47.33', 'Obstructive sleep apnea (adult) (pediatric)'],
    { fromAge: 30 },
  ),
  asthma: problem(['195967001', 'Asthma'], ['J45.909', 'Unspecified asthma, uncomplicated'], {
    fromAge: 4,
    everyDays: 360,
    drugs: [start('albuterol'), start('budesonide', 25)],
    procedure: { code: spirometry, everyDays: 360 },
  }),
  copd: problem(
    ['13645005', 'Chronic obstructive pulmonary disease'],
    ['J44.9', 'Chronic obstructive pulmonary disease, unspecified'],
    {
      fromAge: 45,
      everyDays: 260,
      drugs: [start('tiotropium'), start('albuterol')],
      panels: [measure('cbc', 350)],
      procedure: { code: spirometry, everyDays: 340 },
    },
  ),
  'allergic-rhinitis': problem(
    ['61582004', 'Allergic rhinitis'],
    ['J30.9', 'Allergic rhinitis, unspecified'],
    { fromAge: 5, drugs: [start('cetirizine')] },
  ),
  'atopic-dermatitis': problem(
    ['24079001', 'Atopic dermatitis'],
    ['L20.9', 'Atopic dermatitis, unspecified'],
    { fromAge: 0.2, drugs: [start('hydrocortisone')] },
  ),
  migraine: problem(
    ['37796009', 'Migraine'],
    ['G43.909', 'Migraine, unspecified, not intractable, without status migrainosus'],
    { fromAge: 12, everyDays: 400, drugs: [start('sumatriptan')] },
  ),
  'iron-deficiency': problem(
    ['87522002', 'Iron deficiency anemia'],
    ['D50.9', 'Iron deficiency anemia, unspecified'],
    {
      fromAge: 12,
      everyDays: 240,
      drugs: [start('ferrous-sulfate', 10)],
      panels: [measure('cbc', 180), measure('ferritin', 180)],
    },
  ),
  gout: problem(['90560007', 'Gout'], ['M10.9', 'Gout, unspecified'], {
    fromAge: 35,
    everyDays: 400,
    drugs: [start('allopurinol', 25)],
    panels: [measure('urate', 290)],
  }),
  'rheumatoid-arthritis': problem(
    ['69896004', 'Rheumatoid arthritis'],
    ['M06.9', 'Rheumatoid arthritis, unspecified'],
    {
      fromAge: 25,
      everyDays: 220,
      drugs: [start('methotrexate'), start('folic-acid')],
      panels: [measure('cbc', 180), measure('crp', 180), measure('liver', 320)],
    },
  ),
  'crohn-disease': problem(
    ['34000006', "Crohn's disease"],
    ['K50.90', "Crohn's disease, unspecified, without complications"],
    {
      fromAge: 12,
      everyDays: 300,
      drugs: [start('adalimumab', 60)],
      panels: [measure('crp', 220), measure('cbc', 220)],
    },
  ),
  osteoporosis: problem(
    ['64859006', 'Osteoporosis'],
    ['M81.0', 'Age-related osteoporosis without current pathological fracture'],
    { fromAge: 50, drugs: [start('alendronate', 20)] },
  ),
  'knee-osteoarthritis': problem(
    ['239873007', 'Osteoarthritis of knee'],
    ['M17.9', 'Osteoarthritis of knee, unspecified'],
    { fromAge: 45, everyDays: 400, drugs: [start('acetaminophen')] },
  ),
  reflux: problem(
    ['235595009', 'Gastroesophageal reflux disease'],
    ['K21.9', 'Gastro-esophageal reflux disease without esophagitis'],
    { fromAge: 18, drugs: [start('omeprazole')] },
  ),
  'breast-cancer': problem(
    ['254837009', 'Malignant neoplasm of breast'],
    ['C50.919', 'Malignant neoplasm of unspecified site of unspecified female breast'],
    {
      fromAge: 30,
      everyDays: 360,
      drugs: [start('tamoxifen', 120)],
      panels: [measure('cbc', 290), measure('liver', 320)],
    },
  ),
  dementia: problem(
    ['26929004', "Alzheimer's disease"],
    ['G30.9', "Alzheimer's disease, unspecified"],
    { fromAge: 65, everyDays: 340, drugs: [start('donepezil', 25)] },
  ),
  pregnancy: problem(['77386006', 'Pregnancy'], ['Z33.1', 'Pregnant state, incidental'], {
    fromAge: 16,
    everyDays: 35,
    drugs: [start('prenatal-vitamins')],
    panels: [measure('cbc', 130)],
  }),
  depression: problem(
    ['370143000', 'Major depressive disorder'],
    ['F33.1', 'Major depressive disorder, recurrent, moderate'],
    {
      fromAge: 14,
      service: 'behavioural',
      everyDays: 150,
      drugs: [start('sertraline', 7)],
      label: 'PSY',
      procedure: { code: talking, everyDays: 60 },
    },
  ),
  anxiety: problem(
    ['21897009', 'Generalized anxiety disorder'],
    ['F41.1', 'Generalized anxiety disorder'],
    {
      fromAge: 14,
      service: 'behavioural',
      everyDays: 180,
      drugs: [start('escitalopram', 20)],
      label: 'PSY',
      procedure: { code: talking, everyDays: 60 },
    },
  ),
  'posttraumatic-stress': problem(
    ['47505003', 'Posttraumatic stress disorder'],
    ['F43.10', 'Post-traumatic stress disorder, unspecified'],
    {
      fromAge: 16,
      service: 'behavioural',
      everyDays: 120,
      drugs: [start('sertraline', 14)],
      label: 'PSY',
      procedure: { code: talking, everyDays: 50 },
    },
  ),
  adhd: problem(
    ['406506008', 'Attention deficit hyperactivity disorder'],
    ['F90.9', 'Attention-deficit hyperactivity disorder, unspecified type'],
    {
      fromAge: 6,
      service: 'behavioural',
      everyDays: 240,
      drugs: [start('methylphenidate', 25)],
      label: 'PSY',
    },
  ),
  'alcohol-dependence': problem(
    ['66590003', 'Alcohol dependence'],
    ['F10.20', 'Alcohol dependence, uncomplicated'],
    {
      fromAge: 21,
      service: 'behavioural',
      everyDays: 120,
      drugs: [start('naltrexone', 14)],
      panels: [measure('liver', 240)],
      label: 'ETH',
      procedure: { code: group, everyDays: 50 },
    },
  ),
  'opioid-dependence': problem(
    ['75544000', 'Opioid dependence'],
    ['F11.20', 'Opioid dependence, uncomplicated'],
    {
      fromAge: 18,
      service: 'behavioural',
      everyDays: 90,
      drugs: [start('buprenorphine', 3)],
      panels: [measure('liver', 320)],
      label: 'ETH',
      procedure: { code: group, everyDays: 90 },
    },
  ),
  hiv: problem(
    ['86406008', 'Human immunodeficiency virus infection'],
    ['B20', 'Human immunodeficiency virus [HIV] disease'],
    {
      fromAge: 18,
      everyDays: 240,
      drugs: [start('dolutegravir'), start('emtricitabine')],
      panels: [measure('hiv', 180), measure('renal', 340)],
      label: 'HIV',
    },
  ),
} as const satisfies Readonly<Record<string, Problem>>;

/** The word of a problem in resource ids. */
export type ProblemKey = keyof typeof problems;

/** The problem with this word, with the fields that it may lack. */
export function problemOf(key: ProblemKey): Problem {
  return problems[key];
}
