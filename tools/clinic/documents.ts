/** DocumentReference and Binary resources: clinical notes as text, one letter as PDF, one page as HTML. */
import type { Binary, DocumentReference } from '@medplum/fhirtypes';
import { dateOf, instantOf } from './calendar.ts';
import { concept, labelled, refer, systems } from './codes.ts';
import type { Code, Label } from './codes.ts';
import { encounterId, idOn } from './course.ts';
import type { Course } from './course.ts';
import { visitLabels } from './encounters.ts';
import { confidentialNote, letter, progressNote, protectedNote, visitSummary } from './notes.ts';
import { fullName, patient } from './patients.ts';
import { clinic, member, memberName } from './staff.ts';
import type { Visit } from './visits.ts';

interface Page {
  readonly word: string;
  readonly type: Code;
  readonly title: string;
  readonly mediaType: string;
  readonly text: string;
  readonly labels: readonly (Label | undefined)[];
  readonly isVeryRestricted?: boolean;
}

const progress: Code = ['11506-3', 'Progress note'];

/** All documents of a patient. */
export function documents(course: Course): readonly (DocumentReference | Binary)[] {
  // A note at every third visit, the last one always.
  const noted = course.visits.filter((_, index) => (course.visits.length - 1 - index) % 3 === 0);
  const last = course.visits.at(-1);
  return [
    ...noted.flatMap((visit) => both(course, visit, note(course, visit))),
    ...(last === undefined ? [] : special(course, last)),
  ];
}

function note(course: Course, visit: Visit): Page {
  return {
    word: 'note',
    type: progress,
    title: `Progress note of ${dateOf(visit.day)}`,
    mediaType: 'text/plain; charset=utf-8',
    text: progressNote(course, visit),
    labels: visitLabels(course.person, visit),
    // What is said in psychotherapy is kept closer than that it takes place.
    isVeryRestricted: course.person.id === 'yusuf' && visit.kind === 'behavioural',
  };
}

function special(course: Course, visit: Visit): readonly (DocumentReference | Binary)[] {
  const { person } = course;
  const page = (
    more: Pick<Page, 'word' | 'type' | 'title' | 'mediaType' | 'text'>,
    ...labels: readonly Label[]
  ): readonly (DocumentReference | Binary)[] =>
    both(course, visit, { ...more, labels: [person.label, ...labels] });
  switch (person.id) {
    case 'zoe':
      return page({
        word: 'summary',
        type: ['69730-0', 'Instructions'],
        title: 'Your visit',
        mediaType: 'text/html; charset=utf-8',
        text: visitSummary(course, visit),
      });
    case 'tomas':
      return page({
        word: 'letter',
        type: ['11488-4', 'Consult note'],
        title: 'Letter to the family doctor',
        mediaType: 'application/pdf',
        text: letter([
          'Riverside Clinic, Cardiology',
          '',
          `Re: ${fullName(person)}, born ${person.birthDate}`,
          '',
          'Atrial fibrillation, rate controlled. Apixaban to be continued.',
          '',
          memberName('kenji-mori'),
        ]),
      });
    case 'leilani-kahale':
      return page(
        {
          word: 'protected-note',
          type: progress,
          title: 'Confidential note',
          mediaType: 'text/plain; charset=utf-8',
          text: protectedNote(course, visit),
        },
        'SDV',
      );
    case 'freja-holm':
      return page(
        {
          word: 'confidential-note',
          type: progress,
          title: 'Confidential note',
          mediaType: 'text/plain; charset=utf-8',
          text: confidentialNote(course, visit),
        },
        'SEX',
      );
  }
  return [];
}

function both(course: Course, visit: Visit, page: Page): readonly (DocumentReference | Binary)[] {
  const { person } = course;
  const id = idOn(person, page.word, visit.day);
  const binaryId = `${id}-content`;
  const bytes = Buffer.from(page.text, 'utf8');
  const meta = labelled(page.labels, page.isVeryRestricted);
  const at = instantOf(visit.day, visit.minute + 40);
  return [
    {
      resourceType: 'DocumentReference',
      id,
      ...meta,
      status: 'current',
      docStatus: 'final',
      type: concept(systems.loinc, page.type),
      category: [
        concept('http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category', [
          'clinical-note',
          'Clinical Note',
        ]),
      ],
      subject: patient(person),
      date: at,
      author: [member(visit.by)],
      custodian: clinic,
      description: page.title,
      content: [
        {
          attachment: {
            contentType: page.mediaType,
            url: `Binary/${binaryId}`,
            size: bytes.byteLength,
            title: page.title,
            creation: at,
          },
        },
      ],
      context: { encounter: [refer(`Encounter/${encounterId(person, visit)}`)] },
    },
    {
      resourceType: 'Binary',
      id: binaryId,
      ...meta,
      contentType: page.mediaType,
      securityContext: refer(`DocumentReference/${id}`),
      data: bytes.toString('base64'),
    },
  ];
}
