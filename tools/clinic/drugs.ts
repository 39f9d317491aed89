/**
 * The medicines that the clinic prescribes. Codes are RxNorm ingredients; the product is in words.
 * `lowers` says what a medicine does to the values that `vitals.ts` and `labs.ts` make.
 */
import type { Code, Label } from './codes.ts';

/** What medicines act upon. */
export type Effect =
  'pressure' | 'rate' | 'weight' | 'ldl' | 'hba1c' | 'tsh' | 'viral-load' | 'iron' | 'urate';

/** One medicine at one strength. */
export interface Drug {
  readonly ingredient: Code;
  readonly product: string;
  readonly dose: string;
  /** How strongly it acts, as the part of a full effect. */
  readonly lowers?: Partial<Readonly<Record<Effect, number>>>;
  readonly label?: Label;
}

function drug(
  code: string,
  ingredient: string,
  product: string,
  dose: string,
  lowers?: Drug['lowers'],
): Drug {
  return {
    ingredient: [code, ingredient],
    product,
    dose,
    ...(lowers === undefined ? {} : { lowers }),
  };
}

const daily = '1 tablet each morning';
const twice = '1 tablet twice a day with food';
const evening = '1 tablet each evening';

/** All medicines, by the word that stands in resource ids. */
export const drugs = {
  lisinopril: drug('29046', 'lisinopril', 'Lisinopril 10 mg tablet', daily, { pressure: 1 }),
  losartan: drug('52175', 'losartan', 'Losartan 50 mg tablet', daily, { pressure: 1 }),
  amlodipine: drug('17767', 'amlodipine', 'Amlodipine 5 mg tablet', evening, { pressure: 0.7 }),
  hydrochlorothiazide: drug(
    '5487',
    'hydrochlorothiazide',
    'Hydrochlorothiazide 12.5 mg tablet',
    daily,
    { pressure: 0.5 },
  ),
  metoprolol: drug('6918', 'metoprolol', 'Metoprolol succinate 50 mg tablet', daily, {
    rate: 1,
    pressure: 0.3,
  }),
  furosemide: drug('4603', 'furosemide', 'Furosemide 40 mg tablet', daily, { pressure: 0.2 }),
  spironolactone: drug('9997', 'spironolactone', 'Spironolactone 25 mg tablet', daily, {
    pressure: 0.2,
  }),
  apixaban: drug('1364430', 'apixaban', 'Apixaban 5 mg tablet', '1 tablet twice a day'),
  aspirin: drug('1191', 'aspirin', 'Aspirin 81 mg tablet', daily),
  atorvastatin: drug('83367', 'atorvastatin', 'Atorvastatin 20 mg tablet', evening, { ldl: 1 }),
  metformin: drug('6809', 'metformin', 'Metformin 1000 mg tablet', twice, { hba1c: 1 }),
  empagliflozin: drug('1545653', 'empagliflozin', 'Empagliflozin 10 mg tablet', daily, {
    hba1c: 0.4,
    pressure: 0.2,
  }),
  'insulin-glargine': drug(
    '274783',
    'insulin glargine',
    'Insulin glargine 100 units/mL pen',
    '18 units each evening under the skin',
    { hba1c: 0.8 },
  ),
  'insulin-lispro': drug(
    '86009',
    'insulin lispro',
    'Insulin lispro 100 units/mL pen',
    '4 to 8 units before meals under the skin',
    { hba1c: 0.6 },
  ),
  semaglutide: drug(
    '1991302',
    'semaglutide',
    'Semaglutide 1 mg pen',
    'once a week under the skin',
    { weight: 1, hba1c: 0.5 },
  ),
  levothyroxine: drug(
    '10582',
    'levothyroxine',
    'Levothyroxine 75 mcg tablet',
    '1 tablet each morning before breakfast',
    { tsh: 1 },
  ),
  albuterol: drug(
    '435',
    'albuterol',
    'Albuterol 90 mcg inhaler',
    '2 puffs when short of breath, up to four times a day',
  ),
  budesonide: drug('19831', 'budesonide', 'Budesonide 200 mcg inhaler', '1 puff twice a day'),
  tiotropium: drug(
    '69120',
    'tiotropium',
    'Tiotropium 18 mcg inhalation capsule',
    '1 capsule inhaled each morning',
  ),
  cetirizine: drug(
    '20610',
    'cetirizine',
    'Cetirizine 10 mg tablet',
    '1 tablet a day in the pollen season',
  ),
  hydrocortisone: drug(
    '5492',
    'hydrocortisone',
    'Hydrocortisone 1% cream',
    'thinly twice a day on the rash',
  ),
  sumatriptan: drug(
    '37418',
    'sumatriptan',
    'Sumatriptan 50 mg tablet',
    '1 tablet at the first sign of migraine',
  ),
  'ferrous-sulfate': drug(
    '24947',
    'ferrous sulfate',
    'Ferrous sulfate 325 mg tablet',
    '1 tablet every other day',
    { iron: 1 },
  ),
  allopurinol: drug('519', 'allopurinol', 'Allopurinol 300 mg tablet', daily, { urate: 1 }),
  methotrexate: drug(
    '6851',
    'methotrexate',
    'Methotrexate 2.5 mg tablet',
    '6 tablets once a week, on Mondays',
  ),
  'folic-acid': drug('4511', 'folic acid', 'Folic acid 1 mg tablet', daily),
  adalimumab: drug(
    '327361',
    'adalimumab',
    'Adalimumab 40 mg pen',
    'every two weeks under the skin',
  ),
  alendronate: drug(
    '46041',
    'alendronate',
    'Alendronate 70 mg tablet',
    'once a week, upright, with water',
  ),
  omeprazole: drug('7646', 'omeprazole', 'Omeprazole 20 mg capsule', '1 capsule before breakfast'),
  acetaminophen: drug(
    '161',
    'acetaminophen',
    'Acetaminophen 500 mg tablet',
    '2 tablets up to three times a day',
  ),
  amoxicillin: drug(
    '723',
    'amoxicillin',
    'Amoxicillin 500 mg capsule',
    '1 capsule three times a day for 7 days',
  ),
  nitrofurantoin: drug(
    '7454',
    'nitrofurantoin',
    'Nitrofurantoin 100 mg capsule',
    '1 capsule twice a day for 5 days',
  ),
  tamoxifen: drug('10324', 'tamoxifen', 'Tamoxifen 20 mg tablet', daily),
  donepezil: drug('135447', 'donepezil', 'Donepezil 5 mg tablet', evening),
  sertraline: { ...drug('36437', 'sertraline', 'Sertraline 50 mg tablet', daily), label: 'PSY' },
  escitalopram: {
    ...drug('321988', 'escitalopram', 'Escitalopram 10 mg tablet', daily),
    label: 'PSY',
  },
  methylphenidate: {
    ...drug(
      '6901',
      'methylphenidate',
      'Methylphenidate 18 mg extended-release tablet',
      'each school-day morning',
    ),
    label: 'PSY',
  },
  naltrexone: { ...drug('7243', 'naltrexone', 'Naltrexone 50 mg tablet', daily), label: 'ETH' },
  buprenorphine: {
    ...drug(
      '1819',
      'buprenorphine',
      'Buprenorphine 8 mg and naloxone 2 mg film',
      '1 film under the tongue each morning',
    ),
    label: 'ETH',
  },
  dolutegravir: {
    ...drug('1433868', 'dolutegravir', 'Dolutegravir 50 mg tablet', daily, { 'viral-load': 1 }),
    label: 'HIV',
  },
  emtricitabine: {
    ...drug(
      '276237',
      'emtricitabine',
      'Emtricitabine 200 mg and tenofovir alafenamide 25 mg tablet',
      daily,
    ),
    label: 'HIV',
  },
  'prenatal-vitamins': drug(
    '4511',
    'folic acid',
    'Prenatal vitamins with folic acid 0.8 mg tablet',
    daily,
  ),
} as const satisfies Readonly<Record<string, Drug>>;

/** The word of a medicine in resource ids. */
export type DrugKey = keyof typeof drugs;
