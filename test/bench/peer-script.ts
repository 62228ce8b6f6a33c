// The boot script that dnsmasq's TFTP server hands out: the same Xen, kernel and initramfs with the same arguments as in
// ours, for all hosts one script in which iPXE fills in what differs. Pure.

import { kernelCommandLine, xenCommandLine } from '../../appliance/boot/commandline.ts'
import type { BootDefaults } from '../../appliance/boot/plan.ts'
import { IDENTITY, plan } from '../appliance/boot/plans.ts'
import { RACK_ADDRESS, RACK_PREFIX } from '../lab/plan.ts'
import { ganeshaRootWord } from './ganesha.ts'

/** Where dom0 of the peer reports to: the port of our appliance, the listener in its place. */
export const REPORT_PORT = 8067

/** What iPXE expands. */
const MAC = '$' + '{net0/mac:hexraw}'
const ADDRESS = '$' + '{net0/ip}'

/** `defaults`: of the config that our side boots with. Throws when a command line of ours is refused. */
export function peerScript(defaults: BootDefaults): string {
  const ours = plan({ defaults, host: undefined })
  const xen = xenCommandLine(ours)
  const kernel = kernelCommandLine(ours, IDENTITY)
  if (xen.kind === 'refused') throw new Error(xen.reason)
  if (kernel.kind === 'refused') throw new Error(kernel.reason)
  const forLinux = kernel.words.map(({ text }) => text).filter((text) => !text.startsWith('hl.'))
  const forInitramfs = [
    `hl.boot=${MAC}.bench`,
    `hl.srv=${RACK_ADDRESS}:${REPORT_PORT}`,
    ganeshaRootWord(),
    `hl.net=${MAC},${ADDRESS}/${RACK_PREFIX}`,
    `hl.name=host-${MAC}`,
  ]
  return [
    '#!ipxe',
    `kernel xen ${xen.text}`,
    `module vmlinuz ${[...forLinux, ...forInitramfs].join(' ')}`,
    'module initrd.img',
    'boot',
    '',
  ].join('\n')
}
