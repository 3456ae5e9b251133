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

/** Greatest difference of two forms that is still one of roundings to whole pixels. */
const sameFormShare = 0.02;

/**
 * Size of a picture as it is meant to be shown: that of the remote screen. A server sends less of one in a smaller picture, which must neither move nor shrink for
 * that. Pictures of another form are of another screen, such as the one before a resize. PURE.
 */
export function shownSize(picture: Size, screen: Size | null): Size {
  if (screen === null || !(picture.width > 0 && picture.height > 0 && screen.width > 0 && screen.height > 0))
    return picture;
  const difference = (picture.width * screen.height) / (picture.height * screen.width) - 1;
  return Math.abs(difference) < sameFormShare ? { width: screen.width, height: screen.height } : picture;
}
