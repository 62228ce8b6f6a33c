// The text files of templates/boot as functions. Named holes, no logic, and no escaping: what goes in has been
// checked by commandline.ts or made harmless by consoleText. `{{hole}}` is ours, `${setting}` is iPXE's.
import Handlebars from 'handlebars'

/** The files that main.ts reads from templates/boot, by name. */
export const TEMPLATE_FILES = [
  'autoexec.ipxe.hbs',
  'bios.ipxe.hbs',
  'boot.ipxe.hbs',
  'uefi.ipxe.hbs',
  'impossible.ipxe.hbs',
  'refused.ipxe.hbs',
  'once.ipxe.hbs',
  'once-local.ipxe.hbs',
  'once-memtest.ipxe.hbs',
  'once-shell.ipxe.hbs',
  'xen.cfg.hbs',
  'stick.ipxe.hbs',
  'stick-ipxe.cfg.hbs',
  'stick-xen.cfg.hbs',
] as const

export type TemplateFile = (typeof TEMPLATE_FILES)[number]

/** Fills the holes of one file; a hole without a value throws, as that is our own mistake. */
export type FillTemplate = (file: TemplateFile, holes: Readonly<Record<string, string>>) => string

/** `texts`: the content of each of TEMPLATE_FILES. Throws when one is missing or is no template. */
export function compileTemplates(texts: Readonly<Record<string, string>>): FillTemplate {
  const compiled = new Map(
    TEMPLATE_FILES.map((file) => {
      const text = texts[file]
      if (text === undefined) throw new Error(`templates/boot/${file} is missing: is this installation complete?`)
      if (/{{(?!\w+}})/.test(text)) throw new Error(`templates/boot/${file} has more than named holes`)
      return [file, Handlebars.compile(text, { noEscape: true, strict: true, knownHelpersOnly: true })] as const
    }),
  )
  return (file, holes) => {
    const template = compiled.get(file)
    if (!template) throw new Error(`templates/boot/${file} was not compiled`)
    return template(holes)
  }
}

/** Text for `echo`: iPXE must not find a setting, a comment or a second command in it. */
export function consoleText(text: string): string {
  const harmless = text.replace(/[^A-Za-z0-9 .,:()/_=%+-]/g, ' ').replace(/ +/g, ' ')
  return harmless.trim().slice(0, 400)
}
