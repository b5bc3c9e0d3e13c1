// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What the other contracts ask the identity registry.
/// @dev Source: published ABI of IdentityRegistry. Only these functions are used, so the other contracts also work
///      beside the registry deployed on peaq.
interface IIdentityRegistry {
    /// @notice Owner, wallet, existence and status of a machine; zeros when there is none.
    function getVerificationInfo(uint256 machineId)
        external
        view
        returns (address owner_, address wallet_, bool exists_, uint8 status_);

    /// @notice Whether `caller` is the machine (its owner) or its operator.
    function isAuthorizedOrOwner(address caller, uint256 machineId) external view returns (bool);
}
