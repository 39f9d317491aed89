/** The words of clinical notes: they say what the other resources of the visit say. */
import { ageAt, dateOf } from './calendar.ts';
import { drugs } from './drugs.ts';
import { problemsOn } from './course.ts';
import type { Course } from './course.ts';
import { fullName } from './patients.ts';
import { problemOf } from './problems.ts';
import type { ProblemKey } from './problems.ts';
import { memberName } from './staff.ts';
import { heartRateOn, pressureOn } from './values.ts';
import { isMeasured } from './encounters.ts';
import type { Visit } from './visits.ts';

/** A note as plain text, lines ended by LF. */
export function progressNote(course: Course, visit: Visit): string {
  const { person } = course;
  const age = Math.floor(ageAt(person.birthDate, visit.day));
  // What is specially protected is named only in notes that carry its label.
  const shown = visit.problem === undefined ? undefined : problemOf(visit.problem).label;
  const isShown = (key: ProblemKey): boolean => {
    const { label } = problemOf(key);
    return label === undefined || label === shown;
  };
  const has = problemsOn(person, visit.day)
    .filter(isShown)
    .map((key) => problemOf(key).snomed[1]);
  const known = course.treatments.filter((one) => isShown(one.problem));
  const treatment = known
    .filter((one) => one.from <= visit.day && (one.until === undefined || one.until >= visit.day))
    .map((one) => `${drugs[one.key].product}, ${drugs[one.key].dose}`);
  const isNew = known.filter((one) => one.at === visit).map((one) => drugs[one.key].product);
  return [
    'Riverside Clinic: progress note',
    `Patient: ${fullName(person)}, born ${person.birthDate}, ${String(age)} years`,
    `Date: ${dateOf(visit.day)}`,
    `Author: ${memberName(visit.by)}`,
    '',
    `Reason: ${reason(visit)}`,
    ...(has.length === 0 ? [] : [`Problems: ${has.join('; ')}`]),
    ...(isMeasured(visit)
      ? [`Examination: ${examination(course, visit)}`]
      : ['Examination: none.']),
    ...(treatment.length === 0 ? [] : [`Treatment: ${treatment.join('; ')}`]),
    `Plan: ${isNew.length === 0 ? 'no change; come back as agreed.' : `begin ${isNew.join(' and ')}; come back in six weeks.`}`,
    '',
  ].join('\n');
}

function reason(visit: Visit): string {
  if (visit.acute !== undefined) return visit.acute.snomed[1];
  return visit.problem === undefined ? 'check-up' : problemOf(visit.problem).snomed[1];
}

function examination(course: Course, { day }: Visit): string {
  const rate = `heart rate ${String(heartRateOn(course, day))}/min.`;
  if (ageAt(course.person.birthDate, day) < 3) return rate;
  const { systolic, diastolic } = pressureOn(course, day);
  return `blood pressure ${String(systolic)}/${String(diastolic)} mmHg, ${rate}`;
}

/** What is written down when somebody tells of violence: seen by very few. */
export function protectedNote(course: Course, visit: Visit): string {
  return [
    'Riverside Clinic: confidential note, very restricted',
    `Patient: ${fullName(course.person)}, born ${course.person.birthDate}`,
    `Date: ${dateOf(visit.day)}`,
    `Author: ${memberName(visit.by)}`,
    '',
    'Tells of violence by a former partner. Safe where she lives now. Does not want the family',
    'doctor or her family to know. Address of the advice centre given; a safety plan was made.',
    '',
  ].join('\n');
}

/** What an adolescent asked in confidence. */
export function confidentialNote(course: Course, visit: Visit): string {
  return [
    'Riverside Clinic: confidential note',
    `Patient: ${fullName(course.person)}, born ${course.person.birthDate}`,
    `Date: ${dateOf(visit.day)}`,
    `Author: ${memberName(visit.by)}`,
    '',
    'Asked about contraception, alone and in confidence. Advice given; not to be shown to parents.',
    '',
  ].join('\n');
}

/** What a patient takes home, as HTML. */
export function visitSummary(course: Course, visit: Visit): string {
  const { systolic, diastolic } = pressureOn(course, visit.day);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Your visit on ${dateOf(visit.day)}</title></head>
<body>
<h1>Your visit on ${dateOf(visit.day)}</h1>
<p>${fullName(course.person)} saw ${memberName(visit.by)} at Riverside Clinic.</p>
<p>Your blood pressure was ${String(systolic)}/${String(diastolic)} mmHg.</p>
<p>Take your tablets every day, also when you feel well, and write your readings down.</p>
</body>
</html>
`;
}

/** A letter as PDF of one page, in the characters of Helvetica that need no embedded font. */
export function letter(lines: readonly string[]): string {
  const escaped = lines.map((line) => `(${latin(line).replace(/[\\()]/g, '\\$&')}) Tj T*`);
  const stream = `BT /F1 11 Tf 14 TL 72 770 Td\n${escaped.join('\n')}\nET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${String(stream.length)} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${String(index + 1)} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const start = text.length;
  return `${text}xref\n0 6\n0000000000 65535 f \n${offsets.join('')}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${String(start)}\n%%EOF\n`;
}

function latin(line: string): string {
  return line.normalize('NFD').replace(/[^\u0020-\u007e]/g, '');
}
