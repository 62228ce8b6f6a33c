// LVM's programs as a host of guests runs them: what guests have written is never taken for a PV, whatever the image's lvm.conf says, and
// a question that it asks is answered with no: there is nobody to type.
import type { Command } from '../backend.ts'

/**
 * A guest may use LVM on its own disk, which is a device of ours or a mirror: its PVs are not this host's. The image's lvmlocal.conf says
 * the same for all that is read; an agent may run on an older image.
 */
const CONFIG = 'devices{global_filter=["r|^/dev/mapper/hostless-|","r|^/dev/drbd|"] scan_lvs=0}'

export function lvmCommand(program: string, ...args: readonly string[]): Command {
  return [program, '--config', CONFIG, ...args]
}

/** The device-mapper name of an LV: LVM doubles the dashes of both names. */
export function mapOfLv(vg: string, lv: string): string {
  return `${vg.replaceAll('-', '--')}-${lv.replaceAll('-', '--')}`
}
