// What the TFTP server of these tests has to give.
import { randomBytes } from 'node:crypto'

export const script = Buffer.from('#!ipxe\necho hello\n')
export const loader = randomBytes(70_000)
export const files = { 'boot.ipxe': script, 'snponly.efi': loader, 'g/0123456789abcdef/xen': loader, exact: loader.subarray(0, 1024) }
