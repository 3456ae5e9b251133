/** Bounds of the cloud API edge, each with its reason. Sizes are bytes unless the name says otherwise. */
export const cloudApiLimits = {
  /** Query string of a GET. @see docs/reference/cloud-api-protocol.md "Transport" */
  getQueryBytes: 32 * 1024,
  /** Form body signed with v1. */
  formBodyBytes: 1024 * 1024,
  /** Body signed with TC3. */
  jsonBodyBytes: 10 * 1024 * 1024,
  /** Authorization header: the official ones are about 250 characters; long header lists fit twice over. */
  authorizationChars: 2_048,
  /** Names in SignedHeaders: SDKs sign 2 or 3; every signed header costs a look-up for each candidate. */
  signedHeaders: 32,
  /** Hosts tried for one signature; each costs two hashes, so the header X-Forwarded-Host must not buy work. */
  hostCandidates: 24,
  /** SecretId: the platform's are 36 characters. */
  secretIdChars: 128,
  /** Parameters in one form or query: the widest action has far fewer, lists of 100 objects still fit. */
  flatParameters: 2_000,
  /** Levels of `A.0.B.1.C`: no action nests deeper than five. */
  nestingDepth: 8,
  /** Index in `A.<index>`: an index is memory the caller has not paid for in bytes. */
  listIndex: 999,
  /** Characters of one name between two dots. */
  nameChars: 64,
  /** Caller's text echoed in an error message. */
  echoedChars: 64,
  /** Project, application and version ids: `cap-xxxxxxxx` is 12. */
  idChars: 64,
  /** Names that people see in lists: the console's are 16 characters, others' tools use more. */
  displayNameChars: 64,
  /** Ids in one list parameter: a page of a hundred fits. */
  idListItems: 100,
  /** Rows of one page. */
  pageRows: 100,
  /** Conditions of one query, and values of one condition. */
  filters: 10,
  filterValues: 50,
  /** Paths that DescribeApplicationFileInfo checks in one call. */
  filePaths: 100,
  /** URL of a live push, and the query added to a configured one: tokens of live platforms have a few hundred characters. */
  publishUrlChars: 2_048,
  publishArgumentsChars: 1_024,
  /** UserIp: the longest IPv6 text with a zone. */
  userIpChars: 64,
  /** Reply read by the client: ServerSession is about 10 KB, lists of issue-wide actions about 1 MB. */
  responseBytes: 10 * 1024 * 1024,
} as const;
