// What the boot server of these tests has to give.
import { randomBytes } from 'node:crypto'
import { GENERATION } from './peers.ts'

export const initrd = randomBytes(300_000)
export const squashfs = Buffer.alloc(40 * 1024 * 1024, 'squash')
export const files = { xen: Buffer.from('xen'), 'initrd.img': initrd, vmlinuz: Buffer.alloc(0) }
export const path = (file: string) => `/g/${GENERATION}/${file}`
