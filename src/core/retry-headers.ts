/** On a record that was sent again: the offset of its dead letter. */
export const RETRY_OF_HEADER = 'rowbridge.retry-of';

/** On a record that was sent again: the only group that is to handle it. */
export const RETRY_GROUP_HEADER = 'rowbridge.retry-group';
