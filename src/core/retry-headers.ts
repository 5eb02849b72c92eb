/** On a record that was sent again: the offset of its dead letter. */
export const RETRY_OF_HEADER = 'rowbridge.retry-of';

/** On a record that was sent again: the only group that is to handle it. */
export const RETRY_GROUP_HEADER = 'rowbridge.retry-group';

/** On a record that was sent again: the partition and offset where it stood first. */
export const RETRY_ORIGIN_HEADER = 'rowbridge.retry-origin';
