"""The exceptions of this package. Their facts are attributes; their text says what failed, why, and what to do.

VmimportError
├── CleanFailureError           a call failed and nothing that it made is left
├── PartialFailureError         a call failed, and the state records what exists
├── RunInterruptedError         a run was cancelled or passed its deadline; the next one resumes
├── RedactedError               stands for an exception whose traceback contains a credential
├── InvalidInputsError          the arguments of a component are invalid
├── ProviderLookupError         the AWS provider of a component is not configured
├── InvalidConfigurationError   the configuration of AWS is invalid
├── AccountNotAllowedError      the configuration excludes the account of the credentials
├── AccountMismatchError        the credentials are of another account than the resource
├── ForeignResponseError        something else than the AWS service answered, or a part of the response is missing
├── MissingIsoWriterError       the package that writes ISO images is not installed
├── FunctionError               a function has no result
├── FunctionCallError           a function that a program calls failed
├── ComponentError              the native provider cannot create a component
├── CommandError                a command of the CLI cannot do what its arguments ask for
├── DiskImageError              a disk image or its description is invalid
│   ├── NotStreamOptimizedError     the disk is not a stream-optimized VMDK
│   ├── TruncatedImageError         the image ends too early
│   ├── DamagedImageError           a field of the image has an impossible value
│   ├── UnsupportedImageError       the kind of image cannot be read here
│   ├── InvalidDescriptorError      an OVF descriptor cannot express these facts
│   ├── DamagedCompressionError     the compressed data of an NTFS stream is damaged
│   ├── UnreadableVolumeError       a file or structure of a volume cannot be read
│   ├── UnknownFactError            a rule needs a fact of the guest that could not be read
│   ├── ReadLimitError              an inspection before an import reached its limits
│   ├── InvalidGuestFactsError      the JSON of guest facts is invalid
│   └── InvalidXmlError             the XML of an OVF descriptor is invalid or unsafe
├── TransferError               a transfer failed
│   ├── SourceModifiedError         a disk image changed while it was read
│   ├── UnreadableSourceError       a disk image cannot be read
│   │   └── EmptySourceError        a disk image has no bytes
│   ├── InvalidMemberError          an OVA cannot contain a file of this name
│   ├── InvalidMetadataError        an S3 object cannot have this metadata
│   ├── ObjectConflictError         another process wrote the object before the upload completed
│   └── ObjectNotOwnedError         the object to delete belongs to another owner
└── VSphereError                an operation on vSphere failed
    ├── InvalidSettingError         a setting is missing or invalid
    ├── CannotConnectError          no vSphere server responds at the address
    ├── TlsNotVerifiedError         the server's certificate is not trusted
    ├── ThumbprintMismatchError     the server's certificate is not the pinned one
    ├── LoginFailedError            the server rejects the user or the password
    ├── VSphereFaultError           an operation failed with a fault
    ├── MachineNotFoundError        no virtual machine has this UUID, id or path
    ├── AmbiguousMachineError       several virtual machines match
    ├── SnapshotNotFoundError       no snapshot, or several, match the name or id
    ├── GuestStillRunningError      the guest did not shut down in time
    ├── DatastoreFileError          a file of a datastore cannot be read
    └── ExportError                 an export failed
        ├── LeaseLostError              vSphere ended the lease, or the lease could not be renewed
        ├── DownloadError               a disk could not be read to its end
        ├── DiskChangedError            after a reconnect, the host sent other bytes than before
        └── BytesDifferError            the received bytes differ from the lease's manifest

AWS's errors are botocore's own exceptions; pulumi_vmimport.aws.service_errors classifies them.
"""


class VmimportError(Exception):
    """A failure that this library foresees."""
