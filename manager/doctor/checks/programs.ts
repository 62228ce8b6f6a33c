// Are the files and programs there that hostless takes from Debian's packages? Each is one that some line of hostless opens or runs.
import type { Judged } from '../finding.ts'

export interface Needed {
  /** A program by its name, or a file by its path. */
  readonly what: string
  readonly package: string
  /** What cannot be done without it. */
  readonly purpose: string
  /** `serving`: hosts or guests do without something; `building`: images are made on another machine, or not at all. */
  readonly need: 'serving' | 'building'
}

export const NEEDED: readonly Needed[] = [
  { what: '/usr/lib/ipxe/undionly.kpxe', package: 'ipxe', purpose: 'machines boot by BIOS', need: 'serving' },
  { what: '/usr/lib/ipxe/snponly.efi', package: 'ipxe', purpose: 'machines boot by UEFI', need: 'serving' },
  { what: 'qemu-img', package: 'qemu-utils', purpose: 'hostless vm-image add', need: 'serving' },
  { what: 'prlimit', package: 'util-linux', purpose: 'hostless vm-image add', need: 'serving' },
  { what: 'xorriso', package: 'xorriso', purpose: "cloud-init's first boot of guests", need: 'serving' },
  { what: 'mmdebstrap', package: 'mmdebstrap', purpose: 'hostless image build', need: 'building' },
  { what: 'tar2sqfs', package: 'squashfs-tools-ng', purpose: 'hostless image build and import', need: 'building' },
  { what: 'zstd', package: 'zstd', purpose: 'hostless image build', need: 'building' },
  { what: 'xz', package: 'xz-utils', purpose: 'hostless image build', need: 'building' },
  { what: 'grub-mkimage', package: 'grub-common', purpose: 'hostless image usb', need: 'building' },
  { what: '/usr/lib/grub/i386-pc/boot_hybrid.img', package: 'grub-pc-bin', purpose: 'hostless image usb', need: 'building' },
  { what: '/usr/lib/grub/x86_64-efi/kernel.img', package: 'grub-efi-amd64-bin', purpose: 'hostless image usb', need: 'building' },
  { what: 'mformat', package: 'mtools', purpose: 'hostless image usb', need: 'building' },
  { what: 'bzip2', package: 'bzip2', purpose: 'hostless image build and import', need: 'building' },
]

/** `there`: which of NEEDED, by `what`. One finding a package that is missing, and one of all that are there. */
export function judgePrograms(there: ReadonlySet<string>): readonly Judged[] {
  const names = [...new Set(NEEDED.map((one) => one.package))]
  const missing = names.flatMap((name): Judged[] => {
    const lacks = NEEDED.filter((one) => one.package === name && !there.has(one.what))
    if (lacks.length === 0) return []
    const what = lacks.map((one) => one.what).join(', ')
    const purposes = [...new Set(lacks.map(({ purpose }) => purpose))].join(', ')
    const result = lacks.some(({ need }) => need === 'serving') ? 'failed' : 'warning'
    return [{ subject: name, result, seen: `there is no ${what}, for: ${purposes}`, mend: `apt-get install ${name}` }]
  })
  const found = names.filter((name) => !missing.some(({ subject }) => subject === name))
  return found.length === 0
    ? missing
    : [...missing, { subject: 'packages', result: 'ok', seen: `${found.join(', ')}: what is needed of them is there` }]
}
