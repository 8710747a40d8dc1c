/**
 * The data folder cannot be used as it is: it belongs to another node or cluster, is in use by
 * another process, is of a format this release does not know, or is damaged. The message is one
 * line for the operator; the process stops.
 */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError";
}
