// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The DID precompile 0x800.
/// @dev Source: the chain's own source (no indexed event fields, string errors).
interface IDID {
    /// @param name the attribute's name
    /// @param value the attribute's value
    /// @param validity absolute block number until which it is valid; 4294967295 = no expiry. Never enforced
    /// @param created chain time of the first write in milliseconds; an update keeps it
    struct Attribute {
        bytes name;
        bytes value;
        uint32 validity;
        uint256 created;
    }

    event AddAttribute(address sender, address didAccount, bytes name, bytes value, uint32 validity);
    event UpdateAttribute(address sender, address didAccount, bytes name, bytes value, uint32 validity);
    event RemoveAttribute(address didAccount, bytes name);

    /// @notice Reads an attribute; reverts with the text "Cannot find the item" when there is none.
    function readAttribute(address didAccount, bytes calldata name) external view returns (Attribute memory);

    /// @notice Adds an attribute that does not exist yet; `validityFor` is a number of blocks, 0 = no expiry.
    function addAttribute(address didAccount, bytes calldata name, bytes calldata value, uint32 validityFor)
        external
        returns (bool);

    /// @notice Replaces the value and validity of an existing attribute.
    function updateAttribute(address didAccount, bytes calldata name, bytes calldata value, uint32 validityFor)
        external
        returns (bool);

    /// @notice Removes an attribute.
    function removeAttribute(address didAccount, bytes calldata name) external returns (bool);
}
