// Images of guests' disks as they are told in the forms of output. Pure.
import type { VmImage } from '../../../contract/vm-images.ts'
import { bytes, id, iso, text, time, words } from '../../engine/columns.ts'
import { listReport } from '../../engine/list-report.ts'
import type { Report, Row } from '../../engine/output/output.ts'

const COLUMNS = [
  ...[
    text('name', 'NAME'),
    text('kind', 'KIND'),
    bytes('size', 'SIZE'),
    bytes('kept', 'KEPT'),
    text('state', 'STATE'),
    words('users', 'GUESTS', { spare: 1 }),
  ],
  ...[text('format', 'MADE OF', { spare: 3 }), time('added', 'ADDED', { spare: 2 }), text('by', 'BY', { spare: 2 })],
  ...[words('notes', 'NOTES', { spare: 4 }), id('id', 'ID')],
]

const EMPTY = 'There is no image yet: hostless vm-image add FILE --name NAME, or hostless vm-image build debian13.'

export function imagesReport(images: readonly VmImage[]): Report {
  return listReport('images', 'image', COLUMNS, images.map(rowOf), EMPTY)
}

export function imageReport(image: VmImage): Report {
  return {
    name: 'image',
    sections: [{ name: 'image', item: 'image', title: 'Image', shape: 'record', columns: COLUMNS, rows: [rowOf(image)], empty: '' }],
  }
}

function rowOf({ name, id: key, kind, initrd, sizeBytes, keptBytes, format, added, by, notes, users, present, check }: VmImage): Row {
  const state = present ? (check?.state ?? 'there') : 'content missing'
  return {
    ...{
      name: name ?? null,
      kind,
      size: sizeBytes + (initrd?.sizeBytes ?? 0),
      kept: keptBytes,
      state,
      users: users.join(' '),
      format: format ?? null,
    },
    ...{ added: iso(added), by: by ?? null, notes, id: key },
  }
}

/** What was found, or the good news. Undefined: it is not known yet. */
export function describeCheck({ name, id: key, keptBytes, check }: VmImage): string | undefined {
  switch (check?.state) {
    case undefined:
    case 'running':
      return undefined
    case 'good':
      return `${name ?? key}: all ${keptBytes} bytes are as they were kept.`
    case 'damaged':
      return `${name ?? key} is damaged:\n  ${check.findings.join('\n  ')}\nAdd it again from its file: that mends it.`
  }
}
