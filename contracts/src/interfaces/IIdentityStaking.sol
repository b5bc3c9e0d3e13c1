// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What the other contracts ask the staking contract.
/// @dev Source: published ABI of IdentityStaking.
interface IIdentityStaking {
    /// @notice Pulls `amount` of the staking token from the caller and books it as the machine's bond.
    function stakeFor(uint256 machineId, address owner_, uint256 amount) external;

    /// @notice Whether the machine has a bond.
    function isStaked(uint256 machineId) external view returns (bool);
}
