// What a guest that moves live boots by is on its new host before anything of it goes there: should it reboot or crash there while the manager
// is away, it is started again. One that moves stopped gets it with its next start.
import { order, request, type Steps, undoable } from '../../automation/steps.ts'
import type { MigrateArgs } from './args.ts'

/** For a transfer, ms. */
const PATIENCE = 900_000

export function* kernelBrought({ guest: { uuid, name, boot }, to }: MigrateArgs): Steps {
  if (boot.kind !== 'kernel') return
  const { kernel, initrd } = boot
  yield* undoable(
    {
      what: `let ${to.name} leave the kernel of ${name}`,
      command: 'hostless automation retry-undo',
      requests: [order(to.id, { kind: 'leave-kernel', uuid })],
    },
    request(to.id, { kind: 'bring-kernel', uuid, files: { kernel, ...(initrd ? { initrd } : {}) } }, { patience: PATIENCE }),
  )
}
