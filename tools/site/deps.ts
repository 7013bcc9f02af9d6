/** What the site, and only the site, takes from npm. */

export { Marked } from "npm:marked@18.2.1";
export { gfmHeadingId } from "npm:marked-gfm-heading-id@4.1.4";
