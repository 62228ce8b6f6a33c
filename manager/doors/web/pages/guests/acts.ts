// What can be done to a guest as operations of the contract, and what their forms hold besides the guest.
import { vms } from '../../../../contract/vms.ts'
import { field } from '../../route.ts'
import type { Verb } from '../../views/guests/acts.ts'

type Acts = Readonly<
  Record<Verb, { readonly operation: (typeof vms)[Verb]; readonly particulars: (form: URLSearchParams) => object; readonly said: string }>
>

const none = (): object => ({})

export const ACTS: Acts = {
  start: { operation: vms.start, particulars: none, said: 'it is being started' },
  stop: {
    operation: vms.stop,
    particulars: (form) => ({
      how: field(form, 'how') || undefined,
      seconds: field(form, 'seconds') === '' ? undefined : Number(field(form, 'seconds')),
    }),
    said: 'it is being stopped',
  },
  reboot: { operation: vms.reboot, particulars: none, said: 'it is asked to reboot' },
  pause: { operation: vms.pause, particulars: none, said: 'it is being paused' },
  unpause: { operation: vms.unpause, particulars: none, said: 'it goes on' },
  destroy: {
    operation: vms.destroy,
    particulars: (form) => ({ disks: field(form, 'disks') || undefined }),
    said: 'it is being destroyed',
  },
}
