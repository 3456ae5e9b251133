/** Width and height. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Size of the picture inside its box: the whole picture in its own aspect ratio. It is enlarged only when `enlarge` says so,
 * and shrunk whenever it does not fit. PURE.
 */
export function fitPicture(box: Size, picture: Size, enlarge: boolean): Size {
  if (!(picture.width > 0 && picture.height > 0 && box.width > 0 && box.height > 0)) return { width: 0, height: 0 };
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const used = enlarge ? scale : Math.min(scale, 1);
  return { width: picture.width * used, height: picture.height * used };
}
