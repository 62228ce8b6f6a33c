// What a person is told of a file that becomes no image.

export class UnfitImage extends Error {
  override readonly name = 'UnfitImage'
}

/** Of an import that is none of the file's fault. */
export const CALLED_OFF = 'it was called off before all of it was read'
