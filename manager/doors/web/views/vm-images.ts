// Images that guests' disks are made of, and kernels that guests boot by: which there are, what each comes to, who uses it.
import type { VmImage } from '../../../contract/vm-images.ts'
import { moment, saySize } from './words.ts'

export function imagesView(images: readonly VmImage[], mayChange: 'may' | 'may not') {
  return {
    mayChange: mayChange === 'may',
    images: images.map(({ id, name, kind, initrd, sizeBytes, keptBytes, format, notes, added, by, users, present, check }) => ({
      ref: name ?? id,
      name: name ?? id.slice(0, 12),
      id: id.slice(0, 12),
      kind,
      size: present ? saySize(sizeBytes + (initrd?.sizeBytes ?? 0)) : '',
      removing:
        kind === 'disk'
          ? 'No new disk can be made of it; disks that there are stay.'
          : 'No guest can be started by it; guests that run go on.',
      kept: present ? saySize(keptBytes) : '',
      format: format ?? '',
      notes,
      added: added === undefined ? undefined : moment(added),
      by: by ?? '',
      users: users.join(', '),
      isUsed: users.length > 0,
      isWrong: !present || check?.state === 'damaged',
      isPresent: present,
      said: present ? saidOf(check) : 'its content is missing: add it again',
    })),
  }
}

function saidOf(check: VmImage['check']): string {
  switch (check?.state) {
    case undefined:
      return ''
    case 'running':
      return 'being verified'
    case 'good':
      return 'verified'
    case 'damaged':
      return `damaged: ${check.findings.join('; ')}`
  }
}
